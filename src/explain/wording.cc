// SPDX-License-Identifier: MIT
#include "explain/wording.h"

#include <algorithm>
#include <string_view>

#include "proxy/routing.h"
#include "util/text.h"

namespace gateway::explain {
namespace {

using proxy::RouteVerdict;

constexpr std::size_t kMostListed = 3;

/// "a", "a or b", "a, b, c or 7 more".
std::string any_of(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kMostListed);
  const bool has_more = names.size() > shown;
  std::string text;
  for (std::size_t i = 0; i < shown; i++) {
    const bool is_last = i + 1 == shown && !has_more;
    text.append(i == 0 ? "" : is_last ? " or " : ", ").append(names[i]);
  }
  if (has_more) text += " or " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::string less_specific(const MatchConfig& loser, const RouteConfig& winner) {
  const std::string by = "route " + quoted(winner.name);
  if (loser.path_prefix != winner.match.path_prefix) {
    return by + " has a longer prefix";
  }
  if (loser.hosts != winner.match.hosts) {
    return by + (loser.hosts.empty() ? " is for this host" : " has a host that fits more closely");
  }
  return by + (loser.methods.empty() ? " lists the method" : " comes first");
}

}  // namespace

std::string Wording::route(const RouteConfig& route) const {
  std::string text = "route " + quoted(route.name);
  const auto found = loaded_.origins.find("/routes/" + std::to_string(stage_.index_of(route)));
  if (found != loaded_.origins.end()) text += " (" + found->second.text() + ")";
  return text;
}

std::string Wording::outcome(const Rehearsal& rehearsal) const {
  std::string text;
  switch (rehearsal.outcome()) {
    case Outcome::Endpoint: return "is answered by the gateway itself";
    case Outcome::Service:
      text = "goes to service " + quoted(rehearsal.route()->service) + " as " +
             std::string(rehearsal.upstream_target());
      break;
    case Outcome::Response: text = "is answered with " + std::to_string(*rehearsal.status()); break;
    case Outcome::Redirect:
      text =
          "is redirected (" + std::to_string(*rehearsal.status()) + ") to " + rehearsal.location();
      break;
    case Outcome::Refused: text = refusal(rehearsal); break;
  }
  if (rehearsal.route() == nullptr) return text;
  const bool is_refused = rehearsal.outcome() == Outcome::Refused;
  return text + (is_refused ? "; taken by " : " by ") + route(*rehearsal.route());
}

std::string Wording::refusal(const Rehearsal& rehearsal) const {
  const CauseInfo& cause = info(rehearsal.cause());
  std::string text = "is refused with " + std::to_string(cause.status) + " ";
  text.append(cause.word).append(": ");
  const bool is_own = rehearsal.is_head_accepted() && rehearsal.cause() == Cause::NoRoute &&
                      proxy::is_own_path(rehearsal.head().path());
  text.append(is_own ? "paths below /api/gateway/ belong to the gateway itself" : cause.message);
  if (!rehearsal.allow().empty()) text += "; allowed are " + rehearsal.allow();
  return text;
}

std::string loss(const proxy::RouteJudgement& judgement, const RouteConfig* winner) {
  const MatchConfig& match = judgement.route->config.match;
  switch (judgement.verdict) {
    case RouteVerdict::Wins: break;
    case RouteVerdict::Path: return "the path does not begin with " + match.path_prefix;
    case RouteVerdict::Host: return "the host is not " + any_of(match.hosts);
    case RouteVerdict::Method: return "the method is not " + any_of(match.methods);
    case RouteVerdict::LessSpecific:
      if (winner != nullptr) return less_specific(match, *winner);
      return "a longer prefix has the path, but not the method";
  }
  return "";
}

std::string reason(const RouteConfig& winner) {
  const MatchConfig& match = winner.match;
  return std::string("longest prefix that fits; for ") +
         (match.hosts.empty() ? "any host" : "this host") + "; for " +
         (match.methods.empty() ? "any method" : "this method");
}

}  // namespace gateway::explain
