// SPDX-License-Identifier: MIT
//
// TopFrame: what `top` shows at one moment: two snapshots made into rates.
//
// Rates     per second, over the time between the snapshots; quantiles are of the requests that
//           ended in between.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "observe/snapshot.h"

namespace gateway::cli {

struct TopRates {
  double requests = 0;  ///< that began
  std::array<double, kStatusClasses> responses{};
  double failures = 0;  ///< that did not end as asked
  double bytes_in = 0;
  double bytes_out = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t tunnels = 0;
  std::uint64_t lost_total = 0;
  std::optional<double> p50_us = std::nullopt;
  std::optional<double> p99_us = std::nullopt;
};

struct TopRoute {
  std::string route;  ///< empty: of a service, all its routes together
  std::string service;
  TopRates rates = {};
};

struct TopInstance {
  std::string service;
  std::string url;
  InstanceStatus status;
  double attempts = 0;
  double failures = 0;
  double retries = 0;
  double connects = 0;
  double reuses = 0;
  std::uint64_t attempts_total = 0;
  std::uint64_t failures_total = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t connections = 0;
  std::optional<double> p50_us = std::nullopt;
  std::optional<double> p99_us = std::nullopt;
};

struct TopWorker {
  std::uint32_t slot;
  pid_t pid;
  WorkerState state;
  std::uint32_t generation;
  std::uint64_t connections = 0;
  double accepted = 0;
  TopRates rates = {};
};

struct TopFrame {
  double interval_seconds = 0;
  double uptime_seconds = 0;
  std::uint32_t generation = 0;
  std::map<std::uint32_t, Snapshot::Generation> generations;
  std::uint64_t worker_restarts = 0;
  std::uint64_t reloads = 0;
  std::uint64_t reloads_failed = 0;
  std::uint64_t log_lines_dropped = 0;
  std::uint64_t connections = 0;
  double accepted = 0;
  TopRates all = {};
  std::vector<TopRoute> services;
  std::vector<TopRoute> routes;
  std::vector<TopInstance> instances;
  std::vector<TopWorker> workers;
};

/// `seconds` > 0 apart. `now_ms`: unix time.
TopFrame make_frame(const Snapshot& before, const Snapshot& now, double seconds,
                    std::int64_t now_ms);

std::string_view to_word(WorkerState state);     ///< "starting", "serving", "draining"
std::string_view to_word(InstanceStatus state);  ///< "up", "down", "-"

}  // namespace gateway::cli
