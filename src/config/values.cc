// SPDX-License-Identifier: MIT
#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "util/text.h"

namespace gateway {
namespace {

std::optional<std::uint64_t> unit_factor(std::string_view unit) {
  constexpr std::uint64_t kKi = 1024;
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> kUnits{{
      {"", 1},
      {"B", 1},
      {"KiB", kKi},
      {"MiB", kKi * kKi},
      {"GiB", kKi * kKi * kKi},
      {"KB", 1000},
      {"MB", 1000 * 1000},
      {"GB", 1000 * 1000 * 1000},
  }};
  for (const auto& [name, factor] : kUnits) {
    if (equals_ignore_case(unit, name)) return factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Milliseconds> parse_seconds(std::string_view value) {
  constexpr double kLeast = 0.1;
  constexpr double kMost = 86400;
  if (value.empty() || !is_digit(value.front()) || !is_digit(value.back())) return std::nullopt;
  double seconds = 0;
  const char* end = value.data() + value.size();
  const auto result = std::from_chars(value.data(), end, seconds, std::chars_format::fixed);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  if (seconds < kLeast || seconds > kMost) return std::nullopt;
  return Milliseconds(std::llround(seconds * 1000));
}

std::optional<std::uint64_t> parse_size(std::string_view value) {
  // The largest number itself stands for "no limit".
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() - 1;
  const auto digits = std::find_if_not(value.begin(), value.end(), is_digit);
  const auto length = static_cast<std::size_t>(digits - value.begin());
  const auto number = parse_decimal(value.substr(0, length));
  const auto factor = unit_factor(trim(value.substr(length)));
  if (!number || !factor || *number > kMost / *factor) return std::nullopt;
  return *number * *factor;
}

std::optional<LogLevel> parse_log_level(std::string_view value) {
  using enum LogLevel;
  constexpr std::array<std::pair<std::string_view, LogLevel>, 8> kLevels{{
      {"trace", Trace},
      {"debug", Debug},
      {"info", Info},
      {"warning", Warning},
      {"warn", Warning},
      {"error", Error},
      {"critical", Critical},
      {"off", Off},
  }};
  for (const auto& [name, level] : kLevels) {
    if (equals_ignore_case(value, name)) return level;
  }
  return std::nullopt;
}

}  // namespace gateway
