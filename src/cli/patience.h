// SPDX-License-Identifier: MIT
//
// Patience: until when a blocking socket may wait, in monotonic microseconds (util/clock.h).
#pragma once

#include <cstdint>
#include <limits>

namespace gateway::cli {

inline constexpr std::uint64_t kForEver = std::numeric_limits<std::uint64_t>::max();

/// For the next connect, send or receive, which then fails with EAGAIN or EINPROGRESS. False: the
/// time is over already.
bool set_patience(int socket, std::uint64_t until_us);

}  // namespace gateway::cli
