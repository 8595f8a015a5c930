// SPDX-License-Identifier: MIT
//
// Series: the rows that the names of a configuration have on the scoreboard.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "observe/scoreboard.h"

namespace gateway {

/// The names of one configuration, in its order.
struct SeriesNames {
  struct Route {
    std::string route;
    std::string service;
  };
  struct Instance {
    std::string service;
    std::string url;
  };
  std::vector<Route> routes;
  std::vector<Instance> instances;
};

/// Their rows, in the same order.
struct SeriesRows {
  std::vector<std::uint32_t> routes;
  std::vector<std::uint32_t> instances;
};

/// Where one worker counts: its own slot, in the order of its configuration.
struct Meters {
  struct Instance {
    InstanceCounters* counters;
    InstanceSlot* state;  ///< shared by all workers
  };

  ClientCounters* clients;
  RouteCounters* no_route;  ///< requests that no route took
  RouteCounters* endpoint;  ///< requests that the gateway answered by itself
  std::vector<RouteCounters*> routes;
  std::vector<Instance> instances;
};

void name_fixed_rows(Names& names);

/// Each name keeps its row, or gets a free one, or one of a name that no worker has any longer.
/// For a master that holds the lock: SharedScoreboard::assign_rows().
SeriesRows assign_rows(Scoreboard& board, const SeriesNames& names, std::uint32_t generation);

Meters meters_of(WorkerSlot& slot, Names& names, const SeriesRows& rows);

/// The oldest generation that a worker still has, or the newest when there is none.
std::uint32_t oldest_generation(const Scoreboard& board);

}  // namespace gateway
