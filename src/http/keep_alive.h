// SPDX-License-Identifier: MIT
//
// KeepAliveHint: what a peer says of its patience, "Keep-Alive: timeout=5, max=100".
//
// Lax on purpose: it is advice. What cannot be read says nothing; of two values the smaller counts.
// Source   RFC 2068 §19.7.1.1, and what servers made of it.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace gateway::http {

struct KeepAliveHint {
  static constexpr std::uint32_t kUnsaid = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t timeout_s = kUnsaid;      ///< an idle connection is closed after that many seconds
  std::uint32_t more_requests = kUnsaid;  ///< this connection takes that many more

  /// Adds what the value of one field says.
  void read(std::string_view value);
};

}  // namespace gateway::http
