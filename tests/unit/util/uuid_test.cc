// SPDX-License-Identifier: MIT
#include "util/uuid.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <string>

#include "catch.h"

namespace gateway {
namespace {

std::string new_uuid() {
  std::array<char, kUuidLength> text{};
  return std::string(write_uuid(text));
}

TEST_CASE("a UUID has the form of version 4", "[util]") {
  for (int i = 0; i < 200; i++) {
    const std::string uuid = new_uuid();
    CAPTURE(uuid);
    CHECK(uuid.find_first_not_of("0123456789abcdef-") == std::string::npos);
    for (std::size_t at = 0; at < kUuidLength; at++) {
      CHECK((uuid[at] == '-') == (at == 8 || at == 13 || at == 18 || at == 23));
    }
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
  }
}

TEST_CASE("UUIDs do not repeat and every random digit varies", "[util]") {
  std::set<std::string> seen;
  std::array<std::set<char>, kUuidLength> digits;
  for (int i = 0; i < 10'000; i++) {
    const std::string uuid = new_uuid();
    seen.insert(uuid);
    for (std::size_t at = 0; at < kUuidLength; at++) digits[at].insert(uuid[at]);
  }
  CHECK(seen.size() == 10'000);
  for (std::size_t at = 0; at < kUuidLength; at++) {
    CAPTURE(at);
    const std::size_t expected = at == 8 || at == 13 || at == 18 || at == 23 || at == 14 ? 1
                                 : at == 19                                              ? 4
                                                                                         : 16;
    CHECK(digits[at].size() == expected);
  }
}

TEST_CASE("a child does not repeat its parent's UUIDs", "[util]") {
  new_uuid();  // seeded before the fork
  std::array<int, 2> fds{};
  REQUIRE(::pipe(fds.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string uuid = new_uuid();
    ::_exit(::write(fds[1], uuid.data(), uuid.size()) == kUuidLength ? 0 : 1);
  }
  REQUIRE(child > 0);
  const std::string ours = new_uuid();
  std::string theirs(kUuidLength, '\0');
  CHECK(::read(fds[0], theirs.data(), theirs.size()) == kUuidLength);
  CHECK(::waitpid(child, nullptr, 0) == child);
  CHECK(ours != theirs);
  ::close(fds[0]);
  ::close(fds[1]);
}

TEST_CASE("a request id is believed when it is short and plain", "[util]") {
  CHECK(is_valid_request_id("a"));
  CHECK(is_valid_request_id("AZaz09._-"));
  CHECK(is_valid_request_id(new_uuid()));
  CHECK(is_valid_request_id(std::string(128, 'x')));
  CHECK_FALSE(is_valid_request_id(std::string(129, 'x')));
  CHECK_FALSE(is_valid_request_id(""));
  for (const char* id : {"a b", "a/b", "a\"b", "a\nb", "caf\xc3\xa9", "a:b", "a,b", "{a}"}) {
    CAPTURE(id);
    CHECK_FALSE(is_valid_request_id(id));
  }
}

}  // namespace
}  // namespace gateway
