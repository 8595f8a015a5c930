// SPDX-License-Identifier: MIT
//
// Meters without a scoreboard behind them, for what counts.
#pragma once

#include <deque>

#include "observe/series.h"

namespace gateway::test {

/// Counts on its own members; routes and instances are added as they are needed.
class OwnMeters {
 public:
  OwnMeters() {
    meters.clients = &clients, meters.no_route = &no_route, meters.endpoint = &endpoint;
  }
  OwnMeters(const OwnMeters&) = delete;
  OwnMeters& operator=(const OwnMeters&) = delete;

  /// As many as there are routes and instances in a configuration.
  void resize(std::size_t route_count, std::size_t instance_count) {
    while (routes.size() < route_count) meters.routes.push_back(&routes.emplace_back());
    while (counters.size() < instance_count) {
      meters.instances.push_back({&counters.emplace_back(), &states.emplace_back()});
    }
  }

  ClientCounters clients;
  RouteCounters no_route;
  RouteCounters endpoint;
  std::deque<RouteCounters> routes;
  std::deque<InstanceCounters> counters;  ///< of instances
  std::deque<InstanceSlot> states;        ///< of instances
  Meters meters;
};

}  // namespace gateway::test
