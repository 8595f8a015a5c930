// SPDX-License-Identifier: MIT
//
// Snapshot: what the scoreboard says, added up over all workers, dead ones included.
//
// Each number is one that was there; together they are of slightly different moments, as workers go
// on counting meanwhile. A number that may only grow does so from snapshot to snapshot.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "observe/scoreboard.h"

namespace gateway {

using ClassCounts = std::array<std::uint64_t, kStatusClasses>;
using CauseCounts = std::array<std::uint64_t, kCausePlaces>;

struct RouteTotals {
  std::uint64_t begun = 0;
  ClassCounts ended{};
  std::uint64_t lost = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t tunnels_begun = 0;
  std::uint64_t tunnels_ended = 0;
  HistogramTotals duration;
  CauseCounts failures{};

  void add(const RouteCounters& counters);
  void add(const RouteTotals& other);
  std::uint64_t in_flight() const;
  std::uint64_t tunnels() const;
};

struct InstanceTotals {
  std::uint64_t attempts = 0;
  std::uint64_t attempts_ended = 0;
  std::uint64_t retries = 0;
  std::uint64_t connects = 0;
  std::uint64_t reuses = 0;
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_closed = 0;
  ClassCounts responses{};
  HistogramTotals response_time;
  CauseCounts failures{};

  void add(const InstanceCounters& counters);
  std::uint64_t in_flight() const;
  std::uint64_t connections() const;
};

struct ClientTotals {
  std::uint64_t accepted = 0;
  std::uint64_t closed = 0;
  std::uint64_t limit_pauses = 0;
  std::uint64_t accept_errors = 0;
  std::uint64_t log_lines_dropped = 0;

  void add(const WorkerSlot& slot);
  std::uint64_t connections() const;
};

std::uint64_t sum(const ClassCounts& counts);
std::uint64_t sum(const CauseCounts& counts);

inline constexpr std::array<std::string_view, kStatusClasses> kClassWords{"1xx", "2xx", "3xx",
                                                                          "4xx", "5xx"};

/// Those that there were, by the word of the cause; two causes may share one.
std::map<std::string_view, std::uint64_t> by_word(const CauseCounts& counts);

struct Snapshot {
  struct Route {
    std::string name;
    std::string service;
    bool is_current;  ///< a worker has it, or it is none of the configuration and was counted
    RouteTotals totals;
  };
  struct Instance {
    std::string service;
    std::string url;
    bool is_current;
    InstanceStatus status;
    InstanceTotals totals;
  };
  struct Worker {
    std::uint32_t slot;
    pid_t pid;
    WorkerState state;  ///< never Free
    std::uint32_t generation;
    std::int64_t started_at_ms;
    ClientTotals clients;
    RouteTotals requests;  ///< of all routes, since the slot was first used
  };
  struct Generation {
    unsigned starting = 0;
    unsigned serving = 0;
    unsigned draining = 0;
  };

  std::int64_t started_at_ms = 0;  ///< unix time
  std::uint32_t generation = 0;    ///< newest that serves
  std::uint64_t worker_restarts = 0;
  std::uint64_t reloads = 0;
  std::uint64_t reloads_failed = 0;
  std::vector<Route> routes;
  std::vector<Instance> instances;
  std::vector<Worker> workers;
  std::map<std::uint32_t, Generation> generations;  ///< that have workers
  ClientTotals clients;
  RouteTotals requests;  ///< of all routes there ever were
};

Snapshot take_snapshot(const Scoreboard& board);

}  // namespace gateway
