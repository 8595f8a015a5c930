// SPDX-License-Identifier: MIT
//
// Counter: a number in shared memory that one process adds to and every process reads.
//
// Never torn   one aligned word: a process that is killed leaves the old value or the new one.
// Costs        an add is a load and a store, no locked instruction: only one process may add.
#pragma once

#include <atomic>
#include <cstdint>

namespace gateway {

class Counter {
 public:
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  /// Who reads it sees what was added before, too.
  void add_last() {
    value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  /// For the few that several processes add to.
  void add_shared(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  /// For masters, between a worker's death and the next one's start. Release: see Names.
  void set(std::uint64_t value) { value_.store(value, std::memory_order_release); }
  /// Acquire: what is read later is no older (see Names).
  std::uint64_t read() const { return value_.load(std::memory_order_acquire); }

 private:
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace gateway
