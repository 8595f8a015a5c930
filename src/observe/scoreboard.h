// SPDX-License-Identifier: MIT
//
// Scoreboard: the memory that masters and workers share. What is counted in it survives reloads,
// crashes of workers and, handed to the program that follows, the master itself.
//
// Writers    a worker its own slot, nobody else's; masters everything else. A slot is settled and
//            given to another worker only after its worker's death; its counters then go on.
// Readers    anybody, without asking: see snapshot.h.
// Size       address space for the largest configuration; memory is used only for rows that are.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "observe/counters.h"
#include "observe/last_reload.h"
#include "observe/names.h"

namespace gateway {

enum class WorkerState : std::uint8_t { Free, Starting, Serving, Draining };

struct alignas(4096) WorkerSlot {
  static constexpr std::size_t kInstanceRows = 1024;  ///< instances in rows behind share one

  std::atomic<pid_t> master{0};  ///< that has claimed it; 0: it may be claimed
  std::atomic<pid_t> pid{0};     ///< 0: the worker has not told it yet
  std::atomic<WorkerState> state{WorkerState::Free};
  std::atomic<std::uint32_t> generation{0};
  std::atomic<std::int64_t> started_at_ms{0};  ///< unix time
  ClientCounters clients;
  Counter log_lines_dropped;
  RouteCounters routes[Names::kRoutes];
  InstanceCounters instances[kInstanceRows];

  InstanceCounters& instance(std::uint32_t row) {
    return instances[row < kInstanceRows ? row : Names::kOtherInstance];
  }
};

/// Of the gateway as a whole; written by masters.
struct GatewayCounters {
  Counter worker_restarts;  ///< workers that ended although they were wanted
  Counter worker_crashes;   ///< workers that ended otherwise than told
  Counter reloads;
  Counter reloads_failed;
  LastReload last_reload;
};

/// Says whether a program can read this memory: all of it is equal, or it cannot.
struct ScoreboardLayout {
  std::uint64_t version;      ///< of the meaning
  std::uint64_t size;         ///< of a Scoreboard
  std::uint64_t fingerprint;  ///< of the sizes within, the causes and the buckets

  bool operator==(const ScoreboardLayout&) const = default;
};

struct Scoreboard {
  /// Ten generations of the most workers there may be. What is never used takes no memory.
  static constexpr std::size_t kWorkers = 2560;
  static constexpr std::uint64_t kMagic = 0x4d48535747495041;  // "APIGWSHM"

  std::atomic<std::uint64_t> magic{0};  ///< kMagic once the layout is there
  ScoreboardLayout layout{};
  std::atomic<std::int64_t> started_at_ms{0};  ///< unix time of the master's start
  std::atomic<std::uint32_t> generation{0};    ///< newest generation that serves
  std::atomic<std::uint32_t> workers_used{0};  ///< slots from here on were never used
  GatewayCounters gateway;
  Names names;
  /// What was counted under names that are gone, for the totals.
  RouteCounters retired_routes;
  InstanceCounters retired_instances;
  WorkerSlot workers[kWorkers];
};

}  // namespace gateway
