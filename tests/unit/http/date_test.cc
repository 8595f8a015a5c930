// SPDX-License-Identifier: MIT
#include "http/date.h"

#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>

#include "catch.h"

namespace gateway::http {
namespace {

// What std::put_time makes of the same second, in the C locale.
std::string expected_date(std::time_t time) {
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << std::put_time(&utc, "%a, %d %b %Y %H:%M:%S GMT");
  return text.str();
}

TEST_CASE("a date is now, in the form of RFC 9110 §5.6.7", "[http]") {
  const std::time_t before = std::time(nullptr);
  const std::string date(http_date());
  const std::time_t after = std::time(nullptr);
  CHECK(date.size() == 29);
  CAPTURE(date);
  bool is_one_of_them = false;
  for (std::time_t time = before; time <= after; time++)
    is_one_of_them |= date == expected_date(time);
  CHECK(is_one_of_them);
}

TEST_CASE("a date goes on with the clock", "[http]") {
  const std::string first(http_date());
  const std::time_t start = std::time(nullptr);
  while (std::time(nullptr) == start) {
  }
  CHECK(http_date() != first);
}

}  // namespace
}  // namespace gateway::http
