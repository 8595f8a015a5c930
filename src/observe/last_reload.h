// SPDX-License-Identifier: MIT
//
// LastReload: what came of the last reload, in shared memory, so that the program that follows this
// one in an upgrade can tell it.
//
// Writers    a master; of the two masters of an upgrade the old one reloads no more.
// Readers    masters; what is only half written counts as none.
// Bounded    an error that is longer than kLongestError is cut: the error log has all of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "observe/names.h"

namespace gateway {

class LastReload {
 public:
  static constexpr std::size_t kLongestError = 4096;
  struct Facts {
    bool is_ok = false;
    std::uint32_t generation = 0;  ///< that serves since
    std::int64_t at_ms = 0;        ///< unix time
    std::string error{};           ///< why it failed

    bool operator==(const Facts&) const = default;
  };

  void write(const Facts& facts) {
    at_ms_.store(0, std::memory_order_relaxed);
    is_ok_.store(facts.is_ok, std::memory_order_release);
    generation_.store(facts.generation, std::memory_order_release);
    error_.write(facts.error);
    at_ms_.store(facts.at_ms, std::memory_order_release);
  }

  /// nullopt: there was none.
  std::optional<Facts> read() const {
    Facts facts;
    facts.at_ms = at_ms_.load(std::memory_order_acquire);
    facts.is_ok = is_ok_.load(std::memory_order_acquire);
    facts.generation = generation_.load(std::memory_order_acquire);
    facts.error = error_.read();
    if (facts.at_ms == 0 || at_ms_.load(std::memory_order_relaxed) != facts.at_ms) {
      return std::nullopt;
    }
    return facts;
  }

 private:
  std::atomic<std::int64_t> at_ms_{0};  ///< 0: there was none, or it is being written
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<bool> is_ok_{false};
  SharedText<kLongestError> error_;
};

}  // namespace gateway
