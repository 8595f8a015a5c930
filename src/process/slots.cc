// SPDX-License-Identifier: MIT
#include "process/slots.h"

namespace gateway {

std::optional<std::size_t> claim_slot(Scoreboard& scoreboard, unsigned generation) {
  for (std::size_t i = 0; i < Scoreboard::kWorkers; i++) {
    WorkerSlot& slot = scoreboard.workers[i];
    if (slot.state.load(std::memory_order_relaxed) != WorkerState::Free) continue;
    slot.generation.store(generation, std::memory_order_relaxed);
    slot.state.store(WorkerState::Starting, std::memory_order_relaxed);
    return i;
  }
  return std::nullopt;
}

void release_slot(WorkerSlot& slot) {
  slot.pid.store(0, std::memory_order_relaxed);
  slot.connections.store(0, std::memory_order_relaxed);
  slot.exchanges.store(0, std::memory_order_relaxed);
  slot.upstream_connections.store(0, std::memory_order_relaxed);
  slot.tunnels.store(0, std::memory_order_relaxed);
  slot.state.store(WorkerState::Free, std::memory_order_relaxed);
}

}  // namespace gateway
