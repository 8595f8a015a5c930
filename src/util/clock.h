// SPDX-License-Identifier: MIT
//
// Clocks: monotonic for durations, wall time for people.
#pragma once

#include <cstdint>
#include <string>

namespace gateway {

std::uint64_t monotonic_us();
/// The same clock as monotonic_us(), some milliseconds behind, for a few nanoseconds a call.
std::uint64_t coarse_monotonic_ms();
std::int64_t unix_ms();
/// "2026-01-31T12:00:00.000Z" (RFC 3339, UTC).
std::string utc_timestamp(std::int64_t unix_milliseconds);

}  // namespace gateway
