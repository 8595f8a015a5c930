// SPDX-License-Identifier: MIT
#include "observe/scoreboard.h"

#include <sys/mman.h>

#include <cerrno>
#include <new>

#include "util/text.h"

namespace gateway {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<Cause>::is_always_lock_free);

Result<Scoreboard*> Scoreboard::map() {
  void* memory = ::mmap(nullptr, sizeof(Scoreboard), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, /*fd=*/-1, /*offset=*/0);
  if (memory == MAP_FAILED) {
    return Error{"shared memory: " + errno_text(errno)};
  }
  return new (memory) Scoreboard;
}

void Scoreboard::restart_instances(std::uint32_t number) {
  for (InstanceSlot& slot : instances[number % 2]) {
    slot.status.store(InstanceStatus::Unknown, std::memory_order_relaxed);
    slot.last_error.store(Cause::None, std::memory_order_relaxed);
    slot.changed_at_ms.store(0, std::memory_order_relaxed);
    slot.learned_idle_ms.store(0, std::memory_order_relaxed);
    slot.announced_idle_ms.store(0, std::memory_order_relaxed);
  }
}

}  // namespace gateway
