// SPDX-License-Identifier: MIT
#include "proxy/routing.h"

#include "http/target.h"
#include "proxy/max_forwards.h"
#include "proxy/redirect.h"

namespace gateway::proxy {
namespace {

constexpr std::string_view kOwnPrefix("/api/gateway");

/// Why a service will not get what its route has taken.
Cause refusal(const RouteMatch& match, const http::RequestHead& request) {
  if (http::leaves_prefix(match.rest)) return Cause::EscapesPrefix;
  const bool is_too_long = request.framing == http::Framing::Length &&
                           request.content_length > match.route->config.limits.request_body;
  return is_too_long ? Cause::BodyLimit : Cause::None;
}

}  // namespace

bool is_own_path(std::string_view path) {
  return path.starts_with(kOwnPrefix) &&
         (path.size() == kOwnPrefix.size() || path[kOwnPrefix.size()] == '/');
}

Decision decide(const Router& router, const http::RequestHead& request) {
  if (request.target == "*") return {Action::Confirm, Cause::None, {}};
  if (max_forwards(request) == 0U) {
    if (request.method == "TRACE") return {Action::Refuse, Cause::Method, {}};
    return {Action::Confirm, Cause::None, {}};
  }
  if (is_own_path(request.path())) return {};
  const RouteMatch match = router.match({request.path(), request.authority, request.method});
  if (match.route == nullptr) {
    return {Action::Refuse, match.wrong_method ? Cause::Method : Cause::NoRoute, match};
  }
  const RouteConfig& route = match.route->config;
  if (route.response) return {Action::Respond, Cause::None, match};
  if (route.redirect) {
    const bool escapes = route.redirect->keeps_path && http::leaves_prefix(match.rest);
    if (escapes) return {Action::Refuse, Cause::EscapesPrefix, match};
    return {Action::Redirect, Cause::None, match};
  }
  if (match.bare_prefix) return {Action::Redirect, Cause::None, match};
  const Cause cause = refusal(match, request);
  return {cause == Cause::None ? Action::Forward : Action::Refuse, cause, match};
}

std::string allowed_methods(const Decision& decision, const Router& router,
                            const http::RequestHead& request) {
  if (!decision.match.wrong_method) return "OPTIONS";  // a TRACE that may go no further
  return router.allowed_methods({request.path(), request.authority, request.method});
}

int redirect_status(const Decision& decision) {
  const auto& redirect = decision.match.route->config.redirect;
  return redirect ? redirect->status : 308;
}

std::string redirect_location(const Decision& decision, std::string_view query) {
  const RouteConfig& route = decision.match.route->config;
  if (route.redirect) return redirect_location(*route.redirect, decision.match.rest, query);
  return std::string(route.match.path_prefix).append(query);
}

}  // namespace gateway::proxy
