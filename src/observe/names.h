// SPDX-License-Identifier: MIT
//
// Names: which row counts what, in shared memory. Rows belong to names of the configuration, so
// counts go on through reloads, whatever their order.
//
// Writers    masters only, one at a time (SharedScoreboard says how). A name keeps its row until no
//            worker knows it any longer and another name needs the room.
// Readers    copy what they want inside read_consistently(): a row may get another name meanwhile.
// Bounded    names that find no room share the row of "(other)". No configured name has
// parentheses.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include "util/cause.h"

namespace gateway {

/// A text that may be read while it is written: mixed up, but nothing worse.
template <std::size_t N>
class SharedText {
  static_assert(N % sizeof(std::uint64_t) == 0);

 public:
  /// What is longer than N is cut.
  void write(std::string_view text) {
    for (std::size_t i = 0; i < words_.size(); i++) {
      const std::string_view piece =
          text.substr(std::min(text.size(), i * sizeof(std::uint64_t)), sizeof(std::uint64_t));
      std::uint64_t word = 0;
      std::memcpy(&word, piece.data(), piece.size());
      words_[i].store(word, std::memory_order_release);
    }
  }
  std::string read() const {
    std::array<char, N> bytes;
    for (std::size_t i = 0; i < words_.size(); i++) {
      const std::uint64_t word = words_[i].load(std::memory_order_acquire);
      std::memcpy(bytes.data() + i * sizeof word, &word, sizeof word);
    }
    return {bytes.data(), ::strnlen(bytes.data(), N)};
  }

 private:
  std::array<std::atomic<std::uint64_t>, N / sizeof(std::uint64_t)> words_{};
};

enum class InstanceStatus : std::uint8_t { Unknown, Up, Down };

/// Last known state of one instance, written by whichever worker sees it change.
struct InstanceSlot {
  std::atomic<InstanceStatus> status{InstanceStatus::Unknown};
  std::atomic<Cause> last_error{Cause::None};
  std::atomic<std::int64_t> changed_at_ms{0};  ///< unix time
  /// How long it keeps idle connections, 0 if not known: as observed, and as it says itself.
  std::atomic<std::uint32_t> learned_idle_ms{0};
  std::atomic<std::uint32_t> announced_idle_ms{0};
};

/// Requests are told apart by route and, as a route may be given to another one, service.
struct RouteName {
  std::atomic<std::uint32_t> generation{0};  ///< the newest that has it; 0: the row is free
  SharedText<64> route;
  SharedText<64> service;  ///< empty: the configuration answers
};

struct InstanceName {
  std::atomic<std::uint32_t> generation{0};
  SharedText<64> service;
  SharedText<272> url;
  InstanceSlot state;
};

struct Names {
  static constexpr std::size_t kRoutes = 1024;
  static constexpr std::size_t kInstances = 4352;

  /// Rows that are always there.
  enum Row : std::uint32_t { kNoRoute, kEndpoint, kOtherRoute, kFirstRoute };
  enum InstanceRow : std::uint32_t { kOtherInstance, kFirstInstance };

  std::atomic<std::uint64_t> version{0};      ///< odd while something changes
  std::atomic<std::uint32_t> routes_used{0};  ///< rows from here on were never used
  std::atomic<std::uint32_t> instances_used{0};
  RouteName routes[kRoutes];
  InstanceName instances[kInstances];

  /// Calls `read` again for as long as names change under it. A change that is never completed is
  /// that of a master that died: then what there is will do.
  template <class F>
  auto read_consistently(F read) const {
    constexpr int kPatience = 100;
    std::uint64_t stuck = 0;
    for (int waited = 0;;) {
      const std::uint64_t before = version.load(std::memory_order_acquire);
      auto result = read();
      const bool is_unchanged = version.load(std::memory_order_relaxed) == before;
      if (is_unchanged && (before % 2 == 0 || waited == kPatience)) return result;
      waited = is_unchanged && before == stuck ? waited + 1 : 0;
      stuck = before;
      std::this_thread::yield();
    }
  }
};

}  // namespace gateway
