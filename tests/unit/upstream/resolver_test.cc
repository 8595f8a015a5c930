// SPDX-License-Identifier: MIT
//
// Names that need no name server: numbers, and names that no server could know.
#include "upstream/resolver.h"

#include <optional>
#include <string>
#include <vector>

#include "catch.h"
#include "loopback.h"

namespace gateway::upstream {
namespace {

using test::run_until;

std::vector<std::string> resolve(const std::string& host, std::uint16_t port) {
  Loop loop;
  Resolver resolver(loop);
  std::optional<std::vector<std::string>> found;
  const Resolver::Query query = resolver.resolve(host, port, [&](std::vector<Address> addresses) {
    found.emplace();
    for (const Address& address : addresses) found->push_back(address.to_string());
  });
  CHECK_FALSE(found);  // never from inside resolve()
  run_until(loop, [&] { return found.has_value(); });
  return *found;
}

TEST_CASE("an answer has the port that was asked for", "[upstream]") {
  CHECK(resolve("127.0.0.1", 8001) == std::vector<std::string>{"127.0.0.1:8001"});
  CHECK(resolve("::1", 80) == std::vector<std::string>{"[::1]:80"});
}

TEST_CASE("a name that cannot exist does not resolve", "[upstream]") {
  CHECK(resolve(std::string(64, 'a') + ".invalid", 80).empty());  // RFC 1035 §2.3.4: 63 bytes
}

TEST_CASE("a lookup that was let go is not answered", "[upstream]") {
  Loop loop;
  Resolver resolver(loop);
  int answers = 0;
  for (const std::string host : {"127.0.0.1", "a.invalid"}) {
    Resolver::Query query =
        resolver.resolve(host, 80, [&](const std::vector<Address>&) { answers++; });
    query.reset();
  }
  loop.run_pending();
  CHECK(answers == 0);
}

TEST_CASE("an answer may let go of its own lookup", "[upstream]") {
  Loop loop;
  Resolver resolver(loop);
  Resolver::Query query;
  bool answered = false;
  query = resolver.resolve("127.0.0.1", 80, [&](const std::vector<Address>& addresses) {
    query.reset();
    answered = addresses.size() == 1;
  });
  run_until(loop, [&] { return answered; });
  CHECK(query == nullptr);
}

TEST_CASE("a resolver may go while lookups were let go", "[upstream]") {
  Loop loop;
  {
    Resolver resolver(loop);
    resolver.resolve("a.invalid", 80, [](const std::vector<Address>&) { FAIL("answered"); })
        .reset();
  }
  loop.run_pending();
  SUCCEED();
}

}  // namespace
}  // namespace gateway::upstream
