// SPDX-License-Identifier: MIT
#include "config/values.h"

#include "catch.h"

using namespace gateway;

TEST_CASE("seconds may have decimals but no unit, sign or exponent", "[config]") {
  CHECK(parse_seconds("30") == Milliseconds(30'000));
  CHECK(parse_seconds("2.5") == Milliseconds(2500));
  CHECK(parse_seconds("0.1") == Milliseconds(100));
  CHECK(parse_seconds("86400") == Milliseconds(86'400'000));
  for (const char* text : {"", "0", "0.05", "86400.1", "1e99", "-1", "+1", "nan", "inf", "30s",
                           "1,5", "1e1", "0x10", ".5", "5.", "1.2.3", " 1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_seconds(text));
  }
}

TEST_CASE("sizes have binary or decimal units in any letter case", "[config]") {
  CHECK(parse_size("0") == 0U);
  CHECK(parse_size("1048576") == 1048576U);
  CHECK(parse_size("7B") == 7U);
  CHECK(parse_size("10MiB") == 10U << 20);
  CHECK(parse_size("10 mib") == 10U << 20);
  CHECK(parse_size("1KIB") == 1024U);
  CHECK(parse_size("2GiB") == 2ULL << 30);
  CHECK(parse_size("3kb") == 3000U);
  CHECK(parse_size("3MB") == 3'000'000U);
  CHECK(parse_size("3GB") == 3'000'000'000U);
}

TEST_CASE("what is no size, or too large a one, is refused", "[config]") {
  CHECK(parse_size("18446744073709551614") == 18446744073709551614U);
  for (const char* text : {"", "MiB", "-1", "1.5MiB", "10M", "10 Mi B", "18446744073709551615",
                           "17179869184GiB", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("log levels are named in any letter case", "[config]") {
  CHECK(parse_log_level("trace") == LogLevel::Trace);
  CHECK(parse_log_level("Debug") == LogLevel::Debug);
  CHECK(parse_log_level("INFO") == LogLevel::Info);
  CHECK(parse_log_level("warn") == LogLevel::Warning);
  CHECK(parse_log_level("WARNING") == LogLevel::Warning);
  CHECK(parse_log_level("error") == LogLevel::Error);
  CHECK(parse_log_level("critical") == LogLevel::Critical);
  CHECK(parse_log_level("off") == LogLevel::Off);
  CHECK_FALSE(parse_log_level("verbose"));
  CHECK_FALSE(parse_log_level(""));
}

TEST_CASE("durations carry units, from the longest to the shortest", "[config]") {
  CHECK(parse_duration("500ms") == Milliseconds(500));
  CHECK(parse_duration("30s") == Milliseconds(30'000));
  CHECK(parse_duration("1m30s") == Milliseconds(90'000));
  CHECK(parse_duration("24h") == Milliseconds(86'400'000));
  CHECK(parse_duration("1h2m3s4ms") == Milliseconds(3'723'004));
  CHECK(parse_duration("0s") == Milliseconds(0));
  CHECK(parse_duration("8760h"));
  for (const char* text : {"", "30", "s", "-1s", "1.5s", "1s1m", "1s1s", "1 s", "1S", "1d", "30s ",
                           "8761h", "99999999999999999999s", "off"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("what is formatted can be read again", "[config]") {
  CHECK(format_duration(Milliseconds(90'500)) == "1m30s500ms");
  CHECK(format_duration(Milliseconds(3'600'000)) == "1h");
  CHECK(format_duration(Milliseconds(0)) == "0s");
  CHECK(format_duration(kOff) == "off");
  CHECK(format_size(10U << 20) == "10MiB");
  CHECK(format_size(1U << 30) == "1GiB");
  CHECK(format_size(1500) == "1500B");
  CHECK(format_size(0) == "0B");
  CHECK(format_log_level(LogLevel::Warning) == "warning");
}
