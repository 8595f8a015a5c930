// SPDX-License-Identifier: MIT
#include "util/text.h"

#include <array>
#include <cerrno>
#include <string>

#include "catch.h"

using namespace gateway;

TEST_CASE("trim takes blanks off both ends and leaves those inside", "[util]") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim("a") == "a");
  CHECK(trim(" \n").empty());
  CHECK(trim("").empty());
}

TEST_CASE("comparison without case knows ASCII letters only", "[util]") {
  CHECK(equals_ignore_case("MiB", "mIb"));
  CHECK(equals_ignore_case("aZ-9", "Az-9"));
  CHECK(equals_ignore_case("", ""));
  CHECK_FALSE(equals_ignore_case("a", "ab"));
  CHECK_FALSE(equals_ignore_case("@", "`"));
  CHECK_FALSE(equals_ignore_case("[", "{"));
  CHECK_FALSE(equals_ignore_case("\xc4", "\xe4"));
}

TEST_CASE("letters and digits are those of ASCII", "[util]") {
  const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string digits = "0123456789";
  for (int byte = 0; byte < 256; byte++) {
    CAPTURE(byte);
    const char c = static_cast<char>(byte);
    CHECK(is_letter(c) == (letters.find(c) != std::string::npos));
    CHECK(is_digit(c) == (digits.find(c) != std::string::npos));
    CHECK(is_hex(c) == ((digits + "abcdefABCDEF").find(c) != std::string::npos));
  }
}

TEST_CASE("a decimal number is digits and nothing else", "[util]") {
  CHECK(parse_decimal("0") == 0U);
  CHECK(parse_decimal("007") == 7U);
  CHECK(parse_decimal("18446744073709551615") == 18446744073709551615U);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "1e3", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text));
  }
}

TEST_CASE("a port fits into sixteen bits", "[util]") {
  CHECK(parse_port("0") == 0);
  CHECK(parse_port("65535") == 65535);
  CHECK_FALSE(parse_port("65536"));
  CHECK_FALSE(parse_port("http"));
}

TEST_CASE("split gives one piece more than there are separators", "[util]") {
  using Pieces = std::vector<std::string_view>;
  CHECK(split("a:b::", ':') == Pieces{"a", "b", "", ""});
  CHECK(split("", ':') == Pieces{""});
}

TEST_CASE("quoted text is one printable line", "[util]") {
  CHECK(quoted("plain") == "\"plain\"");
  CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(quoted("a\nb\x7f\xc3") == R"("a\x0ab\x7f\xc3")");
  CHECK(quoted(std::string(200, 'x')) == "\"" + std::string(200, 'x') + "\"");
  CHECK(quoted(std::string(201, 'x')) == "\"" + std::string(200, 'x') + "…\"");
}

TEST_CASE("the closest candidate is at most two edits away", "[util]") {
  constexpr std::array<std::string_view, 2> kNames{"GATEWAY_PORT", "GATEWAY_HOST"};
  CHECK(closest("GATEWAY_PORTS", kNames) == "GATEWAY_PORT");
  CHECK(closest("GATEWAY_HSOT", kNames) == "GATEWAY_HOST");
  CHECK(closest("GATEWAY_HOST", kNames) == "GATEWAY_HOST");
  CHECK(closest("GATEWAY_COLOUR", kNames).empty());
}

TEST_CASE("milliseconds have three decimals", "[util]") {
  struct Row {
    std::uint64_t us;
    const char* text;
  };
  for (const Row& row :
       {Row{0, "0.000"}, Row{7, "0.007"}, Row{1234, "1.234"}, Row{60'000'050, "60000.050"},
        Row{std::numeric_limits<std::uint64_t>::max(), "18446744073709551.615"}}) {
    std::array<char, kMillisecondsSize> out{};
    const char* end = write_milliseconds(out.data(), row.us);
    CHECK(std::string(out.data(), static_cast<std::size_t>(end - out.data())) == row.text);
  }
}

TEST_CASE("an errno value is told in words", "[util]") {
  CHECK(errno_text(EACCES) == "Permission denied");
}
