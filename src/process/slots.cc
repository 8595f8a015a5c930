// SPDX-License-Identifier: MIT
#include "process/slots.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "util/clock.h"

namespace gateway {
namespace {

/// Nobody, or a process that has ended.
bool is_gone(pid_t pid) { return pid == 0 || (kill(pid, 0) != 0 && errno == ESRCH); }

}  // namespace

std::optional<std::size_t> claim_slot(Scoreboard& scoreboard, unsigned generation) {
  for (std::uint32_t i = 0; i < Scoreboard::kWorkers; i++) {
    // Before it is claimed: who looks for orphans looks at those that are used only.
    std::uint32_t used = scoreboard.workers_used;
    while (used <= i && !scoreboard.workers_used.compare_exchange_weak(used, i + 1)) {
    }
    WorkerSlot& slot = scoreboard.workers[i];
    pid_t nobody = 0;  // another master may want it too
    if (!slot.master.compare_exchange_strong(nobody, getpid())) continue;
    slot.generation.store(generation, std::memory_order_relaxed);
    slot.started_at_ms.store(unix_ms(), std::memory_order_relaxed);
    slot.state.store(WorkerState::Starting, std::memory_order_release);
    return i;
  }
  return std::nullopt;
}

bool occupy_slot(Scoreboard& scoreboard, std::size_t index, pid_t master) {
  WorkerSlot& slot = scoreboard.workers[index];
  if (slot.master != master) return false;
  slot.pid = getpid();
  return slot.master == master;
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
  slot.master.store(0, std::memory_order_release);
}

void release_orphans(Scoreboard& scoreboard) {
  for (std::uint32_t i = 0; i < scoreboard.workers_used; i++) {
    WorkerSlot& slot = scoreboard.workers[i];
    pid_t master = slot.master;
    // A live master releases the slots of its workers itself, once it knows that they have ended.
    if (master == 0 || !is_gone(master) || !is_gone(slot.pid)) continue;
    if (!slot.master.compare_exchange_strong(master, getpid())) continue;  // another master has it
    // A worker that says its pid just now sees us, or we see it, or both.
    if (is_gone(slot.pid)) {
      release_slot(scoreboard, i);
    } else {
      slot.master = master;
    }
  }
}

}  // namespace gateway
