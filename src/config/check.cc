// SPDX-License-Identifier: MIT
#include "config/check.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "util/text.h"

namespace gateway {
namespace {

/// Everything, where a route names no host or no method.
constexpr std::string_view kAny = "*";

class Checker {
 public:
  Checker(const Config& config, const Origins& origins, Problems& problems)
      : config_(config), origins_(origins), problems_(problems) {}

  void check() {
    check_listeners();
    check_routes();
    check_matches();
    check_services(/*all_are_known=*/problems_.empty());
    check_tests();
    if (config_.limits.target > config_.limits.head) {
      fail("/limits/target", "larger than the whole head may be: limits.head is " +
                                 std::to_string(config_.limits.head) + " bytes");
    }
  }

 private:
  void fail(std::string pointer, std::string message) {
    problems_.add(origins_, std::move(pointer), std::move(message));
  }

  /// Where the value at `pointer` stands, as " (file:line)"; nothing when nobody wrote it.
  std::string place_of(const std::string& pointer) const {
    const auto found = origins_.find(pointer);
    return found == origins_.end() ? "" : " (" + found->second.text() + ")";
  }

  static std::string route_at(std::size_t index) { return "/routes/" + std::to_string(index); }

  void check_listeners() {
    std::map<std::string_view, std::size_t> names;
    std::map<std::tuple<std::string, std::string, unsigned>, std::size_t> addresses;
    for (std::size_t i = 0; i < config_.listeners.size(); i++) {
      const ListenerConfig& listener = config_.listeners[i];
      const std::string at = "/listeners/" + std::to_string(i);
      if (!listener.name.empty() && !names.emplace(listener.name, i).second) {
        fail(at + "/name", "another listener has the name " + quoted(listener.name));
      }
      const auto key = std::tuple(listener.unix_path, listener.host, unsigned{listener.port});
      const bool is_picked = listener.unix_path.empty() && listener.port == 0;
      if (!is_picked && !addresses.emplace(key, i).second) {
        fail(at + "/address", "another listener has the same address");
      }
    }
    if (!config_.admin || (config_.admin->unix_path.empty() && config_.admin->port == 0)) return;
    const ListenerConfig& admin = *config_.admin;
    if (addresses.contains(std::tuple(admin.unix_path, admin.host, unsigned{admin.port}))) {
      fail("/admin/address", "a listener has the same address");
    }
  }

  /// A service that seems unused may be one whose name was misspelled.
  void check_services(bool all_are_known) {
    std::set<std::string_view> used;
    for (const RouteConfig& route : config_.routes) used.insert(route.service);
    for (const ServiceConfig& service : config_.services) {
      const std::string at = "/services" + pointer_step(service.name);
      if (all_are_known && !used.contains(service.name)) fail(at, "no route uses this service");
      std::set<std::string_view> urls;
      for (std::size_t i = 0; i < service.instances.size(); i++) {
        const std::string& url = service.instances[i].url;
        if (url.empty() || urls.insert(url).second) continue;
        fail(at + "/instances/" + std::to_string(i) + "/url",
             "another instance has the same URL; weight gives it more requests");
      }
    }
  }

  void check_routes() {
    std::vector<std::string_view> services;
    for (const ServiceConfig& service : config_.services) services.push_back(service.name);
    const std::set<std::string_view> known(services.begin(), services.end());
    std::map<std::string_view, std::size_t> names;
    for (std::size_t i = 0; i < config_.routes.size(); i++) {
      const RouteConfig& route = config_.routes[i];
      if (!route.service.empty() && !known.contains(route.service)) {
        fail(route_at(i) + "/service", unknown("service", route.service, services));
      }
      const auto [first, is_new] = names.emplace(route.name, i);
      if (!is_new) {
        fail(route_at(i) + "/name", "another route has the name " + quoted(route.name) +
                                        place_of(route_at(first->second) + "/name"));
      }
    }
  }

  /// Two routes may not claim the same prefix, host and method: only one would get the request.
  void check_matches() {
    std::map<std::tuple<std::string_view, std::string_view, std::string_view>, std::size_t> taken;
    for (std::size_t i = 0; i < config_.routes.size(); i++) {
      const MatchConfig& match = config_.routes[i].match;
      if (match.path_prefix.empty()) continue;  // a problem already
      std::size_t claims = 0;
      std::size_t lost = 0;
      std::size_t winner = 0;
      for (const std::string_view host : or_any(match.hosts)) {
        for (const std::string_view method : or_any(match.methods)) {
          const std::string_view prefix = match.path_prefix;
          const auto [first, is_new] = taken.emplace(std::tuple(prefix, host, method), i);
          claims++;
          if (is_new) continue;
          lost++;
          winner = first->second;
        }
      }
      if (lost > 0) fail_match(i, winner, lost == claims);
    }
  }

  /// A name that nothing has would be expected in vain.
  void check_tests() {
    std::vector<std::string_view> services;
    for (const ServiceConfig& service : config_.services) services.push_back(service.name);
    std::vector<std::string_view> routes;
    for (const RouteConfig& route : config_.routes) routes.push_back(route.name);
    const std::set<std::string_view> known_services(services.begin(), services.end());
    const std::set<std::string_view> known_routes(routes.begin(), routes.end());
    for (std::size_t i = 0; i < config_.tests.size(); i++) {
      const auto& service = config_.tests[i].expect.service;
      const auto& route = config_.tests[i].expect.route;
      const std::string at = "/tests/" + std::to_string(i) + "/expect";
      if (service && !known_services.contains(*service)) {
        fail(at + "/service", unknown("service", *service, services));
      }
      if (route && !known_routes.contains(*route)) {
        fail(at + "/route", unknown("route", *route, routes));
      }
    }
  }

  std::string unknown(std::string_view what, std::string_view name,
                      const std::vector<std::string_view>& known) const {
    return std::string("no ").append(what).append(" is named ").append(quoted(name)) +
           (problems_.is_full() ? "" : did_you_mean(name, known));
  }

  void fail_match(std::size_t route, std::size_t winner, bool is_shadowed) {
    const std::string by =
        "route " + quoted(config_.routes[winner].name) + place_of(route_at(winner) + "/match");
    const std::string what = winner == route ? "a host or method is named twice"
                             : is_shadowed
                                 ? "this route is never used: " + by + " matches the same requests"
                                 : "ambiguous: " + by + " matches some of the same requests";
    fail(route_at(route) + "/match", what);
  }

  static std::vector<std::string_view> or_any(const std::vector<std::string>& texts) {
    if (texts.empty()) return {kAny};
    return {texts.begin(), texts.end()};
  }

  const Config& config_;
  const Origins& origins_;
  Problems& problems_;
};

}  // namespace

void check(const Config& config, const Origins& origins, Problems& problems) {
  Checker(config, origins, problems).check();
}

}  // namespace gateway
