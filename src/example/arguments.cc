// SPDX-License-Identifier: MIT
#include "example/arguments.h"

#include <charconv>
#include <chrono>
#include <system_error>

#include "util/text.h"

namespace gateway::example {

std::optional<std::string_view> parameter(std::string_view query, std::string_view name) {
  if (query.starts_with('?')) query.remove_prefix(1);
  for (const std::string_view pair : split(query, '&')) {
    const auto mark = pair.find('=');
    if (mark != std::string_view::npos && pair.substr(0, mark) == name)
      return pair.substr(mark + 1);
  }
  return std::nullopt;
}

std::optional<Milliseconds> parse_seconds(std::string_view text) {
  constexpr double kLongest = 3600;
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  if (error != std::errc() || stop != end) return std::nullopt;
  if (!(seconds >= 0 && seconds <= kLongest)) return std::nullopt;  // NaN is neither
  return std::chrono::round<Milliseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace gateway::example
