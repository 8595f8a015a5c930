// SPDX-License-Identifier: MIT
#include "http/head_writer.h"

#include <limits>
#include <string>

#include "catch.h"

namespace gateway::http {
namespace {

TEST_CASE("a head is written as it goes on the wire", "[http]") {
  HeadWriter head;
  head.status_line(404, "Not Found").field("A", "b").field("Content-Length", 12U).add("\r\n");
  CHECK(head.view() == "HTTP/1.1 404 Not Found\r\nA: b\r\nContent-Length: 12\r\n\r\n");
  CHECK(head.size() == head.view().size());
  CHECK(head.data() == head.view().data());
}

TEST_CASE("a status line without reason keeps its space (RFC 9112 §4)", "[http]") {
  HeadWriter head;
  CHECK(head.status_line(299, "").view() == "HTTP/1.1 299 \r\n");
}

TEST_CASE("numbers are written whole", "[http]") {
  HeadWriter head;
  const auto most = std::numeric_limits<std::uint64_t>::max();
  head.add_number(0).add(" ").add_number(most).add(" ").add_hex(0).add(" ").add_hex(most);
  CHECK(head.view() == "0 18446744073709551615 0 ffffffffffffffff");
}

TEST_CASE("a new writer is empty and stays so when nothing is added", "[http]") {
  HeadWriter head;
  CHECK(head.view().empty());
  head.add("");
  CHECK(head.view().empty());
}

TEST_CASE("a writer grows as needed and keeps what it has", "[http]") {
  HeadWriter head;
  std::string expected;
  for (std::size_t size = 1; size < 20000; size = size * 2 + 1) {
    const std::string more(size, static_cast<char>('a' + size % 26));
    head.add(more);
    expected += more;
    REQUIRE(head.view() == expected);
  }
}

TEST_CASE("a cleared writer keeps its memory", "[http]") {
  HeadWriter head;
  head.add(std::string(5000, 'x'));
  const char* memory = head.data();
  head.clear();
  CHECK(head.view().empty());
  head.add(std::string(5000, 'y'));
  CHECK(head.data() == memory);
  CHECK(head.view() == std::string(5000, 'y'));
}

}  // namespace
}  // namespace gateway::http
