// SPDX-License-Identifier: MIT
#include "http/date.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace gateway::http {

std::string_view http_date() {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  static std::time_t formatted = 0;
  static std::array<char, 64> text;
  const std::time_t now = std::time(nullptr);
  if (now != formatted) {
    formatted = now;
    std::tm utc{};
    gmtime_r(&now, &utc);
    // Not strftime: its names depend on the locale.
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                  kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                  utc.tm_min, utc.tm_sec);
  }
  return {text.data(), 29};
}

}  // namespace gateway::http
