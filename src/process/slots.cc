// SPDX-License-Identifier: MIT
#include "process/slots.h"

#include <cerrno>
#include <csignal>

#include "util/clock.h"

namespace gateway {

std::optional<std::size_t> claim_slot(Scoreboard& scoreboard, unsigned generation) {
  for (std::size_t i = 0; i < Scoreboard::kWorkers; i++) {
    WorkerSlot& slot = scoreboard.workers[i];
    // Another master may want it too.
    WorkerState free = WorkerState::Free;
    if (!slot.state.compare_exchange_strong(free, WorkerState::Starting)) continue;
    slot.generation.store(generation, std::memory_order_relaxed);
    slot.started_at_ms.store(unix_ms(), std::memory_order_relaxed);
    std::uint32_t used = scoreboard.workers_used;
    while (used <= i && !scoreboard.workers_used.compare_exchange_weak(
                            used, static_cast<std::uint32_t>(i) + 1)) {
    }
    return i;
  }
  return std::nullopt;
}

void release_slot(Scoreboard& scoreboard, std::size_t index) {
  WorkerSlot& slot = scoreboard.workers[index];
  slot.pid.store(0, std::memory_order_relaxed);
  slot.clients.settle();
  for (std::uint32_t row = 0; row < scoreboard.names.routes_used; row++) slot.routes[row].settle();
  for (std::uint32_t row = 0; row < scoreboard.names.instances_used; row++) {
    if (row < WorkerSlot::kInstanceRows) slot.instances[row].settle();
  }
  slot.state.store(WorkerState::Free, std::memory_order_release);
}

void release_orphans(Scoreboard& scoreboard) {
  for (std::size_t i = 0; i < scoreboard.workers_used; i++) {
    const WorkerSlot& slot = scoreboard.workers[i];
    // A worker that has not told its pid yet has a master that waits for it.
    if (slot.state == WorkerState::Free || slot.pid == 0) continue;
    if (kill(slot.pid, 0) != 0 && errno == ESRCH) release_slot(scoreboard, i);
  }
}

}  // namespace gateway
