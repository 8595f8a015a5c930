// SPDX-License-Identifier: MIT
#include "explain/rehearsal.h"

#include <algorithm>
#include <utility>

#include "config/credentials.h"
#include "endpoint/registry.h"
#include "http/field_name.h"
#include "http/head_writer.h"
#include "proxy/forwarded_head.h"
#include "upstream/instance.h"
#include "util/text.h"
#include "util/uuid.h"

namespace gateway::explain {
namespace {

constexpr std::string_view kClient = "127.0.0.1";

/// What of a URL goes into Host and into the request line. A fragment and a user stay at home.
struct Target {
  std::string host;
  std::string target;
};

Target split_url(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignore_case(url.substr(0, scheme.size()), scheme)) continue;
    url.remove_prefix(scheme.size());
    url = url.substr(0, url.find('#'));
    std::string_view host = url.substr(0, url.find_first_of("/?"));
    const std::string_view target = url.substr(host.size());
    host.remove_prefix(std::min(host.rfind('@') + 1, host.size()));
    return {std::string(host), (target.starts_with('/') ? "" : "/") + std::string(target)};
  }
  return {"localhost", std::string(url)};
}

std::string head_of(const Request& request) {
  auto [host, target] = split_url(request.url);
  std::string fields;
  bool has_host = false;
  for (const Field& field : request.fields) {
    has_host = has_host || equals_ignore_case(field.name, "Host");
    fields.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (!has_host) fields.insert(0, "Host: " + host + "\r\n");
  return request.method + " " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

std::vector<proxy::Route> routes_of(const Config& config) {
  std::vector<proxy::Route> routes;
  for (const RouteConfig& route : config.routes) routes.push_back({route, nullptr});
  return routes;
}

proxy::Sender sender_at(const ListenerConfig& listener) {
  if (!listener.unix_path.empty()) return {"unix", false, 0};
  const auto& trusted = listener.trusted_proxies;
  const bool is_trusted = std::any_of(trusted.begin(), trusted.end(),
                                      [](const Network& net) { return net.contains(kClient); });
  return {kClient, is_trusted, listener.port};
}

}  // namespace

Stage::Stage(const Config& config)
    : config_(config), routes_(routes_of(config)), router_(routes_) {}

std::size_t Stage::index_of(const RouteConfig& route) const {
  return static_cast<std::size_t>(&route - config_.routes.data());
}

Rehearsal::Rehearsal(const Stage& stage, const Request& request)
    : stage_(stage), bytes_(head_of(request)), parser_(stage.config().limits) {
  is_head_accepted_ = parser_.parse_request(bytes_) == http::ParseResult::Complete;
  if (is_head_accepted_) {
    decide();
  } else {
    cause_ = parser_.cause();
  }
  if (outcome_ == Outcome::Refused) status_ = info(cause_).status;
}

void Rehearsal::decide() {
  if (const auto cause = endpoint::judge(head())) {
    cause_ = *cause;
    if (cause_ == Cause::None) {
      outcome_ = Outcome::Endpoint;
      status_ = 200;
    } else {
      allow_ = endpoint::kAllowed;
    }
    return;
  }
  decision_ = proxy::decide(stage_.router(), head());
  cause_ = decision_.cause;
  const bool is_own = proxy::is_own_path(head().path());
  were_routes_asked_ =
      route() != nullptr || decision_.match.wrong_method || (cause_ == Cause::NoRoute && !is_own);
  if (cause_ == Cause::Method) {
    allow_ = proxy::allowed_methods(decision_, stage_.router(), head());
  }
  switch (decision_.action) {
    case proxy::Action::Refuse: return;
    case proxy::Action::Confirm:
      outcome_ = Outcome::Endpoint;
      status_ = 200;
      return;
    case proxy::Action::Respond:
      outcome_ = Outcome::Response;
      status_ = route()->response->status;
      return;
    case proxy::Action::Redirect:
      outcome_ = Outcome::Redirect;
      status_ = proxy::redirect_status(decision_);
      location_ = proxy::redirect_location(decision_, head().query());
      return;
    case proxy::Action::Forward: outcome_ = Outcome::Service; return write_upstream_head();
  }
}

void Rehearsal::write_upstream_head() {
  const std::string host = upstream::host_field_of(service()->instances.front());
  const http::Field* given = head().find(http::FieldId::XRequestId);
  const bool has_id = given != nullptr && is_valid_request_id(given->value);
  http::HeadWriter out;
  proxy::write_request_head(
      out, head(), sender_at(stage_.config().listeners.front()),
      proxy::upstream_request(*route(), head(), host, has_id ? given->value : kNewId));
  upstream_head_ = out.view();
}

const RouteConfig* Rehearsal::route() const {
  return decision_.match.route != nullptr ? &decision_.match.route->config : nullptr;
}

const ServiceConfig* Rehearsal::service() const {
  const auto& services = stage_.config().services;
  const auto found = std::find_if(services.begin(), services.end(), [&](const auto& each) {
    return route() != nullptr && each.name == route()->service;
  });
  return found == services.end() ? nullptr : &*found;
}

std::string_view Rehearsal::upstream_target() const {
  const std::string_view line =
      std::string_view(upstream_head_).substr(0, upstream_head_.find('\r'));
  const std::size_t begin = line.find(' ') + 1;
  return line.substr(begin, line.rfind(' ') - begin);
}

std::vector<Field> Rehearsal::upstream_fields() const {
  std::vector<Field> fields;
  std::string_view rest(upstream_head_);
  rest.remove_prefix(std::min(rest.find('\n') + 1, rest.size()));
  for (std::size_t end = rest.find("\r\n"); end != 0 && end != rest.npos; end = rest.find("\r\n")) {
    const std::string_view line = rest.substr(0, end);
    const std::size_t colon = line.find(':');
    fields.push_back({std::string(line.substr(0, colon)),
                      std::string(http::trim_whitespace(line.substr(colon + 1)))});
    rest.remove_prefix(end + 2);
  }
  return fields;
}

std::vector<Field> Rehearsal::shown_upstream_fields() const {
  std::vector<Field> fields = upstream_fields();
  if (fields.empty()) return fields;
  const HeaderEdits& edits = route()->request_headers;
  for (const auto* list : {&edits.set, &edits.add}) {
    for (const HeaderField& edit : *list) {
      for (Field& field : fields) {
        if (field.name == edit.name && field.value == edit.value.text)
          field.value = shown_value(edit);
      }
    }
  }
  return fields;
}

}  // namespace gateway::explain
