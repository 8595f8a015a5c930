// SPDX-License-Identifier: MIT
//
// The values people write: durations, sizes, log levels. nullopt when it is not one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "util/duration.h"
#include "util/log_level.h"

namespace gateway {

/// Seconds from 0.1 to 86400 without a unit, decimals allowed: "30", "2.5".
std::optional<Milliseconds> parse_seconds(std::string_view value);

/// Bytes: "1048576", or with KiB MiB GiB (binary) or KB MB GB (decimal), in any letter case.
std::optional<std::uint64_t> parse_size(std::string_view value);

/// In any letter case; "warn" means warning.
std::optional<LogLevel> parse_log_level(std::string_view value);

}  // namespace gateway
