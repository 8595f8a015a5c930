// SPDX-License-Identifier: MIT
#include "upstream/idle_limit.h"

#include <vector>

#include "catch.h"

namespace gateway::upstream {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;

class Fixture {
 public:
  explicit Fixture(Milliseconds longest = 60s) : limit(slot, longest) {}

  /// A connection becomes idle now and is closed after `age`.
  void close_after(Milliseconds age) {
    const std::uint64_t since = now;
    now += static_cast<std::uint64_t>(age.count());
    limit.note_closed(since, now);
  }
  /// Connections of these ages are closed now, together.
  void restart(const std::vector<Milliseconds>& ages) {
    for (const Milliseconds age : ages)
      limit.note_closed(now - static_cast<std::uint64_t>(age.count()), now);
    now += 1000;
  }
  void learn(Milliseconds age) {
    for (int i = 0; i < 3; i++) close_after(age);
    REQUIRE(limit.is_known());
  }

  std::atomic<std::uint32_t> slot{0};
  IdleLimit limit;
  std::uint64_t now = 1'000'000;
};

TEST_CASE("three closes after about the same idle time are a limit", "[upstream]") {
  Fixture f;
  f.close_after(5200ms);
  f.close_after(5000ms);
  CHECK_FALSE(f.limit.is_known());
  CHECK(f.limit.lifetime() == 60s);
  f.close_after(5900ms);
  CHECK(f.limit.limit() == 5s);  // the shortest of them
  CHECK(f.limit.lifetime() == 4s);
}

TEST_CASE("closes after different times are no limit", "[upstream]") {
  Fixture f;
  for (const Milliseconds age : {5000ms, 9000ms, 5000ms, 20000ms, 1ms, 5000ms, 5000ms, 1000ms}) {
    f.close_after(age);
  }
  CHECK_FALSE(f.limit.is_known());
}

TEST_CASE("the margin is a tenth, at least a second, at most half of the limit", "[upstream]") {
  CHECK(IdleLimit::safe_part(60s) == 54s);
  CHECK(IdleLimit::safe_part(10s) == 9s);
  CHECK(IdleLimit::safe_part(5s) == 4s);
  CHECK(IdleLimit::safe_part(2s) == 1s);
  CHECK(IdleLimit::safe_part(1s) == 500ms);
  CHECK(IdleLimit::safe_part(100ms) == 50ms);
  CHECK(IdleLimit::safe_part(40ms) == 0ms);
  CHECK(IdleLimit::safe_part(0ms) == 0ms);
}

TEST_CASE("an instance that closes after each answer is left at once", "[upstream]") {
  Fixture f;
  f.close_after(0ms);
  f.close_after(8ms);
  f.close_after(4ms);
  CHECK(f.limit.is_known());
  CHECK(f.limit.lifetime() == 0ms);
}

TEST_CASE("a close at an age that others live through teaches nothing", "[upstream]") {
  Fixture f;
  for (int i = 0; i < 20; i++) {
    f.close_after(3s);
    f.limit.note_survived(3s);
  }
  CHECK_FALSE(f.limit.is_known());
  for (int i = 0; i < 20; i++) {  // each hundredth answer is the last one of its connection
    f.close_after(4ms);
    f.limit.note_survived(1ms);
  }
  CHECK_FALSE(f.limit.is_known());
  for (int i = 0; i < 3; i++) f.limit.note_survived(1ms);
  for (int i = 0; i < 3; i++) f.close_after(4ms);  // as many as there were uses
  CHECK_FALSE(f.limit.is_known());
  CHECK(f.limit.is_in_doubt(0ms));
  f.limit.note_survived(2s);  // shorter is no contradiction
  for (int i = 0; i < 3; i++) {
    f.close_after(5s);
    f.limit.note_survived(4s);
  }
  CHECK(f.limit.limit() == 5s);
}

TEST_CASE("restarts teach nothing, and unteach nothing", "[upstream]") {
  Fixture f;
  for (int i = 0; i < 20; i++) {
    f.restart({3s, 10ms, 12s, 700ms, 3s});
    f.now += 100'000;
  }
  CHECK_FALSE(f.limit.is_known());
  f.learn(5s);
  for (int i = 0; i < 20; i++) {
    f.restart({3s, 10ms, 2s});
    CHECK(f.limit.limit() == 5s);
    f.now += 100'000;
  }
  f.restart(std::vector<Milliseconds>(64, 1s));  // however many there are
  CHECK(f.limit.limit() == 5s);
}

TEST_CASE("an instance that takes to closing after each answer is found out", "[upstream]") {
  Fixture f;
  for (int i = 0; i < 100'000; i++) f.limit.note_survived(1ms);
  for (int i = 0; i < 101; i++) f.close_after(1ms);
  CHECK_FALSE(f.limit.is_known());
  f.close_after(1ms);
  CHECK(f.limit.is_known());
}

TEST_CASE("connections that were idle together are one witness", "[upstream]") {
  Fixture f;
  for (int i = 0; i < 2; i++) {
    f.restart(std::vector<Milliseconds>(64, 5s));
    f.now += 10'000;
    CHECK_FALSE(f.limit.is_known());
  }
  f.restart(std::vector<Milliseconds>(64, 5s));
  CHECK(f.limit.limit() == 5s);
}

TEST_CASE("a limit that has become shorter is learned like the first one", "[upstream]") {
  Fixture f;
  f.learn(10s);
  f.close_after(2s);
  f.close_after(2s);
  CHECK(f.limit.limit() == 10s);
  f.close_after(2s);
  CHECK(f.limit.limit() == 2s);
}

TEST_CASE("a close that comes later than the limit raises it at once", "[upstream]") {
  Fixture f;
  f.learn(5s);
  f.close_after(5500ms);  // still the same
  CHECK(f.limit.limit() == 5s);
  f.close_after(20s);
  CHECK(f.limit.limit() == 20s);
  f.close_after(59s);
  CHECK(f.limit.limit() == 59s);
}

TEST_CASE("a probe that stays open raises the limit, and ends it", "[upstream]") {
  Fixture f;
  f.learn(1ms);
  Milliseconds age = f.limit.next_probe(0ms);
  std::vector<Milliseconds> seen;
  while (f.limit.is_known()) {
    seen.push_back(age);
    f.limit.note_probed(age);
    age = f.limit.next_probe(age);
  }
  CHECK(seen == std::vector<Milliseconds>{1s, 2s, 4s, 8s, 16s, 32s, 60s});
  CHECK(f.limit.lifetime() == 60s);
}

TEST_CASE("a probe within the limit says nothing", "[upstream]") {
  Fixture f;
  f.learn(5s);
  CHECK(f.limit.next_probe(4s) == 10s);
  f.limit.note_probed(4s);
  CHECK(f.limit.limit() == 5s);
}

TEST_CASE("what is beyond the pool's own time-out is not worth knowing", "[upstream]") {
  Fixture f(/*longest=*/3s);
  for (int i = 0; i < 5; i++) f.close_after(5s);
  CHECK_FALSE(f.limit.is_known());
  Fixture endless(kOff);
  CHECK(endless.limit.lifetime() == kOff);
  for (int i = 0; i < 5; i++) endless.close_after(30h);
  CHECK_FALSE(endless.limit.is_known());
  endless.learn(1h);
  endless.limit.note_probed(30h);
  CHECK_FALSE(endless.limit.is_known());
}

TEST_CASE("workers share what they learn", "[upstream]") {
  Fixture f;
  IdleLimit other(f.slot, 60s);
  f.learn(5s);
  CHECK(other.limit() == 5s);
  other.note_probed(20s);
  CHECK(f.limit.limit() == 20s);
}

TEST_CASE("after a close connections no older are in doubt until one is used", "[upstream]") {
  Fixture f;
  CHECK_FALSE(f.limit.is_in_doubt(0ms));
  f.close_after(3s);
  CHECK(f.limit.is_in_doubt(1s));
  CHECK(f.limit.is_in_doubt(3s));
  CHECK_FALSE(f.limit.is_in_doubt(4s));  // older than the one that was closed, and still there
  f.limit.note_survived(1s);
  CHECK(f.limit.is_in_doubt(1s));
  f.limit.note_survived(3s);
  CHECK_FALSE(f.limit.is_in_doubt(1s));
  f.learn(5s);
  f.close_after(5s);
  CHECK_FALSE(f.limit.is_in_doubt(1s));  // nothing new
}

}  // namespace
}  // namespace gateway::upstream
