// SPDX-License-Identifier: MIT
//
// Scoreboard: the memory the master and all its workers share.
//
// Mapped once by the master before the first fork; a slot has one writer (its worker), anybody
// reads. Relaxed atomics: counters need no order. Survives reloads and crashes; when a slot is
// given to a new worker its counters go on, gauges start at 0.
// Instances are found by service and instance index of one generation; `restart_instances`
// clears them when a new generation starts.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "util/cause.h"
#include "util/result.h"

namespace gateway {

enum class InstanceStatus : std::uint8_t { Unknown, Up, Down };

enum class WorkerState : std::uint8_t { Free, Starting, Serving, Draining };

struct alignas(128) WorkerSlot {
  std::atomic<pid_t> pid{0};
  std::atomic<WorkerState> state{WorkerState::Free};
  std::atomic<std::uint32_t> generation{0};
  // Counters.
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> upstream_connects{0};
  std::atomic<std::uint64_t> upstream_reuses{0};
  std::atomic<std::uint64_t> upstream_retries{0};
  std::atomic<std::uint64_t> log_lines_dropped{0};
  // Gauges.
  std::atomic<std::uint32_t> connections{0};
  std::atomic<std::uint32_t> exchanges{0};
  std::atomic<std::uint32_t> upstream_connections{0};
  std::atomic<std::uint32_t> tunnels{0};  ///< upgraded connections
};

/// Last known state of one instance, written by whichever worker sees it change.
struct InstanceSlot {
  std::atomic<InstanceStatus> status{InstanceStatus::Unknown};
  std::atomic<Cause> last_error{Cause::None};
  std::atomic<std::int64_t> changed_at_ms{0};  ///< unix time
  /// How long it keeps idle connections, 0 if not known: as observed, and as it says itself.
  std::atomic<std::uint32_t> learned_idle_ms{0};
  std::atomic<std::uint32_t> announced_idle_ms{0};
};

struct Scoreboard {
  static constexpr std::size_t kWorkers = 512;
  static constexpr std::size_t kInstances = 4096;

  std::atomic<std::int64_t> started_at_ms{0};  ///< unix time of the master's start
  std::atomic<std::uint32_t> generation{0};    ///< newest generation that serves
  WorkerSlot workers[kWorkers];
  InstanceSlot instances[2][kInstances];  ///< generation parity: the old one drains on its own half

  /// Anonymous shared mapping; lives until the last process exits.
  static Result<Scoreboard*> map();

  /// The instances of one generation, in the order of its services and their instances.
  InstanceSlot* instances_of(std::uint32_t number) { return instances[number % 2]; }
  /// Makes them unknown again: before the first worker of the generation starts.
  void restart_instances(std::uint32_t number);
};

/// Adds to a counter that only this process writes: no locked instruction.
template <class T>
void add(std::atomic<T>& counter, T amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace gateway
