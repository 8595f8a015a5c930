// SPDX-License-Identifier: MIT
//
// The values people write: durations, sizes, log levels. nullopt when it is not one.
//
// format_*() give the text that parse_*() reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "util/duration.h"
#include "util/log_level.h"

namespace gateway {

/// Seconds from 0.1 to 86400 without a unit, decimals allowed: "30", "2.5".
std::optional<Milliseconds> parse_seconds(std::string_view value);

/// "500ms", "30s", "1m30s", "24h": hours, minutes, seconds and milliseconds in this order, each
/// at most once; up to 8760h (a year).
std::optional<Milliseconds> parse_duration(std::string_view value);
/// kOff is "off".
std::string format_duration(Milliseconds value);

/// Bytes: "1048576", or with KiB MiB GiB (binary) or KB MB GB (decimal), in any letter case.
std::optional<std::uint64_t> parse_size(std::string_view value);

std::string format_size(std::uint64_t value);

/// In any letter case; "warn" means warning.
std::optional<LogLevel> parse_log_level(std::string_view value);
std::string_view format_log_level(LogLevel level);

}  // namespace gateway
