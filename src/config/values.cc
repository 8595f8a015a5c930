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

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> kDurationUnits{
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

constexpr std::array<std::pair<std::string_view, LogLevel>, 8> kLevels{{
    {"trace", LogLevel::Trace},
    {"debug", LogLevel::Debug},
    {"info", LogLevel::Info},
    {"warning", LogLevel::Warning},
    {"warn", LogLevel::Warning},
    {"error", LogLevel::Error},
    {"critical", LogLevel::Critical},
    {"off", LogLevel::Off},
}};

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

std::optional<Milliseconds> parse_duration(std::string_view value) {
  constexpr std::uint64_t kMost = 8760ULL * 3'600'000;
  std::uint64_t total = 0;
  std::size_t unit = 0;
  if (value.empty()) return std::nullopt;
  while (!value.empty()) {
    const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
    const auto number = parse_decimal(value.substr(0, digits));
    value.remove_prefix(digits);
    const std::string_view name = value.substr(0, value.find_first_of("0123456789"));
    while (unit < kDurationUnits.size() && kDurationUnits[unit].first != name) unit++;
    if (!number || *number > kMost || unit == kDurationUnits.size()) return std::nullopt;
    total += *number * kDurationUnits[unit].second;
    if (total > kMost) return std::nullopt;
    value.remove_prefix(name.size());
    unit++;
  }
  return Milliseconds(total);
}

std::string format_duration(Milliseconds value) {
  if (value == kOff) return "off";
  auto left = static_cast<std::uint64_t>(value.count());
  std::string text;
  for (const auto& [name, milliseconds] : kDurationUnits) {
    if (left >= milliseconds) text += std::to_string(left / milliseconds).append(name);
    left %= milliseconds;
  }
  return text.empty() ? "0s" : text;
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

std::string format_size(std::uint64_t value) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 3> kUnits{
      {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}};
  for (const auto& [name, factor] : kUnits) {
    if (value > 0 && value % factor == 0) return std::to_string(value / factor).append(name);
  }
  return std::to_string(value).append("B");
}

std::optional<LogLevel> parse_log_level(std::string_view value) {
  for (const auto& [name, level] : kLevels) {
    if (equals_ignore_case(value, name)) return level;
  }
  return std::nullopt;
}

std::string_view format_log_level(LogLevel level) {
  const auto* row = std::find_if(kLevels.begin(), kLevels.end(),
                                 [level](const auto& entry) { return entry.second == level; });
  return row->first;
}

}  // namespace gateway
