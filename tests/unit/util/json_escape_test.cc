// SPDX-License-Identifier: MIT
#include "util/json_escape.h"

#include <array>
#include <string>

#include "catch.h"

namespace gateway {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string written(std::size_t size, std::string_view text) {
  std::array<char, 64> buffer{};
  REQUIRE(size <= buffer.size());
  const char* end = write_json_text(buffer.data(), size, text);
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

TEST_CASE("quotes, backslashes and control characters are escaped", "[util]") {
  CHECK(quoted("") == R"("")");
  CHECK(quoted("plain /x?y") == R"("plain /x?y")");
  CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(quoted(std::string_view("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\\u007f\"");
}

TEST_CASE("well-formed UTF-8 is kept", "[util]") {
  for (const std::string text :
       {"é", "€", "😀", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(quoted(text) == '"' + text + '"');
    CHECK(is_utf8(text));
  }
}

TEST_CASE("each byte that is not UTF-8 is escaped", "[util]") {
  struct Row {
    const char* text;
    const char* json;
  };
  for (const Row& row : {
           Row{"\x80", R"("\u0080")"},                                // lone continuation
           Row{"\xc3", R"("\u00c3")"},                                // cut short
           Row{"\xc3(", R"("\u00c3(")"},                              // wrong continuation
           Row{"\xc0\xaf", R"("\u00c0\u00af")"},                      // overlong
           Row{"\xe0\x80\xaf", R"("\u00e0\u0080\u00af")"},            // overlong
           Row{"\xed\xa0\x80", R"("\u00ed\u00a0\u0080")"},            // surrogate
           Row{"\xf4\x90\x80\x80", R"("\u00f4\u0090\u0080\u0080")"},  // above U+10FFFF
           Row{"\xe2\x82", R"("\u00e2\u0082")"},                      // cut short
           Row{"\xff", R"("\u00ff")"},
       }) {
    CHECK(quoted(row.text) == row.json);
    CHECK_FALSE(is_utf8(row.text));
  }
}

TEST_CASE("a text that fits exactly is not cut", "[util]") {
  CHECK(written(5, "abcde") == "abcde");
  CHECK(written(6, "ab\"cd") == "ab\\\"cd");
  CHECK(written(6, "\x01") == "\\u0001");
  CHECK(written(3, "") == "");
}

TEST_CASE("one odd byte is found at every place of a text of every length", "[util]") {
  for (std::size_t length = 0; length <= 33; length++) {
    const std::string plain(length, 'x');
    CHECK(written(64, plain) == plain);
    for (std::size_t at = 0; at < length; at++) {
      // Both sides of each bound, and what would borrow from or carry into a neighbour.
      for (const char byte : {'\x00', '\x1f', ' ', '!', '"', '#', '[', '\\', ']', '~', '\x7f',
                              '\x80', '\xa2', '\xdc', '\xff'}) {
        std::string text = plain;
        text[at] = byte;
        const std::string json = quoted(text);
        CAPTURE(length, at, json);
        CHECK(written(64, text) == json.substr(1, json.size() - 2));
      }
    }
  }
}

TEST_CASE("a text that does not fit is cut between characters and marked", "[util]") {
  CHECK(written(5, "abcdef") == "ab…");
  CHECK(written(3, "abcd") == "…");
  CHECK(written(5, "a\"\"\"\"") == "a…");  // an escape is two bytes: never half of it
  CHECK(written(9, "a\x01\x02") == "a…");  // six bytes
  CHECK(written(10, "a\x01\x02") == "a\\u0001…");
  CHECK(written(6, "ab😀😀") == "ab…");  // four bytes
}

}  // namespace
}  // namespace gateway
