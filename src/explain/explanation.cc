// SPDX-License-Identifier: MIT
#include "explain/explanation.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "config/http_rules.h"
#include "config/problems.h"

namespace gateway::explain {
namespace {

using Json = Effective::Json;

template <class Visit>
void visit_values(const Json& json, const std::string& pointer, const std::string& name,
                  const Visit& visit) {
  if (Effective::is_value(json)) return visit(json, pointer, name);
  for (const auto& item : json.items()) {
    visit_values(item.value(), pointer + pointer_step(item.key()),
                 name.empty() ? item.key() : name + "." + item.key(), visit);
  }
}

std::size_t common_length(std::string_view a, std::string_view b) {
  const auto [end, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(end - a.begin());
}

}  // namespace

Explanation::Explanation(const LoadedConfig& loaded, const Request& request)
    : request_(request),
      effective_(loaded),
      stage_(loaded.config),
      wording_(loaded, stage_),
      rehearsal_(stage_, request) {}

std::string Explanation::summary() const {
  return request_.method + " " + request_.url + " " + wording_.outcome(rehearsal_);
}

std::string Explanation::hint() const {
  const Status status = check_method(request_.method);
  return status || request_.method == "CONNECT" ? "" : status.error().message;
}

std::string Explanation::route_pointer() const {
  const RouteConfig* route = rehearsal_.route();
  return route == nullptr ? "" : "/routes/" + std::to_string(stage_.index_of(*route));
}

std::string Explanation::service_pointer() const {
  const RouteConfig* route = rehearsal_.route();
  const bool has_one = route != nullptr && !route->service.empty();
  return has_one ? "/services" + pointer_step(route->service) : "";
}

std::vector<Setting> Explanation::settings(const std::string& pointer) const {
  std::vector<Setting> all;
  const Json::json_pointer at(pointer);
  if (!effective_.root().contains(at)) return all;
  visit_values(effective_.root().at(at), pointer, "",
               [&](const Json& value, const std::string& where, const std::string& name) {
                 auto written = effective_.written_at(where);
                 const bool is_inherited = written.pointer != where;
                 all.push_back({name, value, std::move(written), is_inherited});
               });
  return all;
}

std::string Explanation::origin_of(const RouteConfig& route) const {
  return effective_.written_at("/routes/" + std::to_string(stage_.index_of(route))).text;
}

std::vector<Loser> Explanation::losers() const {
  std::vector<Loser> losers;
  if (!rehearsal_.were_routes_asked()) return losers;
  const proxy::RouteRequest wanted = rehearsal_.wanted();
  for (const auto& judgement : stage_.router().explain(wanted)) {
    if (judgement.verdict == proxy::RouteVerdict::Wins) continue;
    losers.push_back(
        {&judgement.route->config, judgement.verdict, loss(judgement, rehearsal_.route())});
  }
  const auto nearness = [&](const Loser& loser) {
    const bool has_path = loser.verdict != proxy::RouteVerdict::Path;
    const std::string& prefix = loser.route->match.path_prefix;
    return std::pair(has_path, has_path ? 0 : common_length(wanted.path, prefix));
  };
  std::stable_sort(losers.begin(), losers.end(),
                   [&](const Loser& a, const Loser& b) { return nearness(a) > nearness(b); });
  return losers;
}

}  // namespace gateway::explain
