// SPDX-License-Identifier: MIT
#include "event/memory.h"

#include <event2/event.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace gateway {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kIsAddressSanitizer = true;
#elif defined(__has_feature)
constexpr bool kIsAddressSanitizer = __has_feature(address_sanitizer);
#else
constexpr bool kIsAddressSanitizer = false;
#endif

// A block's size is what malloc() says can be used of it. With malloc()'s own bytes in front all
// sizes are multiples of kStep, so that a block that is kept is no larger than a new one would be.
constexpr std::size_t kStep = 16;
constexpr std::size_t kMallocsOwn = 8;
constexpr std::size_t kSmallest = 2;          // in steps
constexpr std::size_t kSizes = 2048 / kStep;  // larger blocks are not kept
constexpr unsigned kMostKept = 512;           // of each size

struct KeptBlock {
  KeptBlock* next;
};

struct Kept {
  KeptBlock* first = nullptr;
  unsigned count = 0;
};

std::array<Kept, kSizes + 1> g_kept;  // by size in steps

void* take(std::size_t bytes) {
  const std::size_t steps = std::max((bytes + kMallocsOwn + kStep - 1) / kStep, kSmallest);
  if (steps > kSizes) return std::malloc(bytes);
  Kept& kept = g_kept[steps];
  KeptBlock* const block = kept.first;
  if (block == nullptr) return std::malloc(steps * kStep - kMallocsOwn);
  kept.first = block->next;
  kept.count--;
  return block;
}

void give(void* bytes) {
  if (bytes == nullptr) return;
  const std::size_t steps = (malloc_usable_size(bytes) + kMallocsOwn) / kStep;
  if (steps < kSmallest || steps > kSizes || g_kept[steps].count == kMostKept) {
    std::free(bytes);
    return;
  }
  Kept& kept = g_kept[steps];
  kept.first = new (bytes) KeptBlock{kept.first};
  kept.count++;
}

}  // namespace

void keep_library_memory() {
  if (!kIsAddressSanitizer) event_set_mem_functions(take, std::realloc, give);
}

}  // namespace gateway
