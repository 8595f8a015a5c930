// SPDX-License-Identifier: MIT
#include "http/admission.h"

#include <cerrno>
#include <chrono>
#include <vector>

#include "catch.h"
#include "config/config.h"

namespace gateway::http {
namespace {

struct FakeGate : Gate {
  void set_open(bool open) override { is_open = open; }
  std::size_t connections() const override { return count; }
  bool has_queue() const override { return is_waited_for; }
  std::size_t make_room(std::size_t wanted) override {
    asked.push_back(wanted);
    return wanted;
  }

  std::size_t count = 0;
  bool is_open = true;
  bool is_waited_for = false;
  std::vector<std::size_t> asked;
};

struct Fixture {
  explicit Fixture(std::uint64_t limit = kMany) : admission(loop, gate, limit) {}

  void accept() {
    gate.count++;
    admission.note_accepted();
  }
  template <class Done>
  void run_until(const Done& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done() && std::chrono::steady_clock::now() < end) loop.run_pending();
    REQUIRE(done());
  }

  static constexpr std::uint64_t kMany = 1 << 20;
  Loop loop;
  FakeGate gate;
  Admission admission;
};

TEST_CASE("accepting pauses at the limit and goes on below it", "[http]") {
  Fixture f(/*limit=*/2);
  f.accept();
  CHECK(f.gate.is_open);
  f.accept();
  CHECK_FALSE(f.gate.is_open);
  f.gate.count--;
  f.admission.review();
  CHECK(f.gate.is_open);
}

TEST_CASE("a burst of clients is taken in portions", "[http]") {
  Fixture f;
  int accepted = 0;
  while (f.gate.is_open && accepted < 1000) {
    f.accept();
    accepted++;
  }
  CHECK(accepted == 32);
  f.admission.review();  // the next turn
  CHECK(f.gate.is_open);
}

TEST_CASE("idle connections make room, but only while somebody waits", "[http]") {
  Fixture f(/*limit=*/100);
  for (int i = 0; i < 100; i++) {
    f.accept();
    f.admission.review();
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  while (std::chrono::steady_clock::now() < end) f.loop.run_pending();
  CHECK(f.gate.asked.empty());
  f.gate.is_waited_for = true;
  f.run_until([&] { return f.gate.asked.size() >= 2; });  // again and again
  CHECK(f.gate.asked[0] == 13);                           // a part of all
  CHECK_FALSE(f.gate.is_open);
  f.gate.count = 87;
  f.admission.review();
  CHECK(f.gate.is_open);
}

TEST_CASE("half of the descriptors are left to the services", "[http]") {
  CHECK(Admission::limit_of(kUnlimited, 1064) == 500);
  CHECK(Admission::limit_of(499, 1064) == 499);
  CHECK(Admission::limit_of(501, 1064) == 500);
  CHECK(Admission::limit_of(kUnlimited, 1 << 20) == (1 << 19) - 32);
  CHECK(Admission::limit_of(kUnlimited, 16) == 4);
  CHECK(Admission::limit_of(kUnlimited, 1) == 1);
  CHECK(Admission::limit_of(3, kUnlimited) == 3);
}

TEST_CASE("accepting pauses after an error, and tries again", "[http]") {
  Fixture f;
  f.gate.is_waited_for = true;
  f.admission.note_accept_error(EMFILE);
  CHECK_FALSE(f.gate.is_open);
  f.admission.review();
  CHECK_FALSE(f.gate.is_open);
  f.run_until([&] { return f.gate.is_open; });
  CHECK(f.gate.asked == std::vector<std::size_t>{1});  // room may be what is lacking
}

TEST_CASE("nothing is tried any more after the end", "[http]") {
  Fixture f;
  f.admission.note_accept_error(EMFILE);
  f.admission.stop();
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  while (std::chrono::steady_clock::now() < end) f.loop.run_pending();
  CHECK_FALSE(f.gate.is_open);
}

}  // namespace
}  // namespace gateway::http
