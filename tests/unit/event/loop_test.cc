// SPDX-License-Identifier: MIT
//
// Order and meaning of deadlines and deferred calls. How late something is depends on the machine
// and is not tested; that nothing is early is.
#include "event/loop.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "util/clock.h"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// A deadline that writes down when it fired.
class Watched {
 public:
  explicit Watched(Loop& loop, std::string* journal = nullptr, char name = 0)
      : journal_(journal),
        name_(name),
        deadline(
            loop,
            [](void* self) {
              auto* watched = static_cast<Watched*>(self);
              watched->fired++;
              watched->fired_at_us = monotonic_us();
              if (watched->journal_ != nullptr) *watched->journal_ += watched->name_;
            },
            this) {}

 private:
  std::string* journal_;
  char name_;

 public:
  Deadline deadline;
  int fired = 0;
  std::uint64_t fired_at_us = 0;
};

// Stops the loop after some ticks: the only clock that these tests trust.
void run_ticks(Loop& loop, unsigned ticks) {
  Deadline end(
      loop, [](void* self) { static_cast<Loop*>(self)->stop(); }, &loop);
  end.set(Loop::kTick * ticks);
  loop.run();
}

// Sets deadlines whose order among each other counts: again, when that was interrupted for so long
// that the clock moved on by more than a tick meanwhile.
template <class Set>
std::uint64_t set_together(const Set& set) {
  for (;;) {
    const std::uint64_t start = monotonic_us();
    set();
    if (monotonic_us() - start < 50'000) return start;
  }
}

// Runs the loop until `done()`, or for far longer than that takes.
template <class Done>
void run_until(Loop& loop, const Done& done) {
  for (int i = 0; i < 300 && !done(); i++) run_ticks(loop, 0);
}

struct Call {
  Call(Loop& on, std::string& to, std::string word)
      : loop(on),
        journal(to),
        text(std::move(word)),
        deferred(
            loop, [](void* self) { static_cast<Call*>(self)->run(); }, this) {}
  void run() {
    journal += text;
    if (next != nullptr) next->deferred.schedule();
  }

  Loop& loop;
  std::string& journal;
  std::string text;
  Deferred deferred;
  Call* next = nullptr;
};

// Runs `body` once as the callback of an event of ours would, holding a Turn.
template <class Body>
void run_in_turn(Loop& loop, Body body) {
  struct Context {
    Loop& loop;
    Body& body;
  } context{loop, body};
  EventPtr once(event_new(
      loop.base(), -1, 0,
      [](evutil_socket_t, short, void* argument) {
        auto* self = static_cast<Context*>(argument);
        Turn turn(self->loop);
        self->body();
      },
      &context));
  event_active(once.get(), EV_TIMEOUT, 0);
  loop.run_pending();
}

TEST_CASE("deadlines fire in their order and never early", "[event]") {
  Loop loop;
  std::string journal;
  Watched late(loop, &journal, 'l');
  Watched soon(loop, &journal, 's');
  Watched middle(loop, &journal, 'm');
  const std::uint64_t start = set_together([&] {
    late.deadline.set(500ms);
    soon.deadline.set(1ms);
    middle.deadline.set(300ms);
  });
  run_ticks(loop, 6);
  CHECK(journal == "sml");
  CHECK(soon.fired_at_us - start >= 1'000);
  CHECK(middle.fired_at_us - start >= 300'000);
  CHECK(late.fired_at_us - start >= 500'000);
}

// A process that was suspended, or a callback that took long: the tick is behind the clock then.
TEST_CASE("a deadline is not early when the loop was held up before it was set", "[event]") {
  Loop loop;
  struct HeldUp {
    explicit HeldUp(Loop& on) : loop(on), watched(on) {}
    void run() {
      const Turn turn(loop);
      std::this_thread::sleep_for(350ms);
      set_at_us = monotonic_us();
      watched.deadline.set(200ms);
    }
    Loop& loop;
    Watched watched;
    std::uint64_t set_at_us = 0;
  } held_up(loop);
  const EventPtr once(event_new(
      loop.base(), -1, 0,
      [](evutil_socket_t, short, void* self) { static_cast<HeldUp*>(self)->run(); }, &held_up));
  event_active(once.get(), EV_TIMEOUT, 0);
  run_until(loop, [&] { return held_up.watched.fired > 0; });
  REQUIRE(held_up.watched.fired == 1);
  CHECK(held_up.watched.fired_at_us - held_up.set_at_us >= 200'000);
}

TEST_CASE("a deadline fires once and can be set again", "[event]") {
  Loop loop;
  Watched watched(loop);
  CHECK_FALSE(watched.deadline.is_set());
  watched.deadline.set(0ms);
  CHECK(watched.deadline.is_set());
  run_ticks(loop, 3);
  CHECK(watched.fired == 1);
  CHECK_FALSE(watched.deadline.is_set());
  watched.deadline.set(1ms);
  run_ticks(loop, 2);
  CHECK(watched.fired == 2);
}

TEST_CASE("a deadline that is moved fires at its last time only", "[event]") {
  Loop loop;
  std::string journal;
  Watched put_off(loop, &journal, 'p');
  Watched brought_forward(loop, &journal, 'b');
  Watched between(loop, &journal, '-');
  const std::uint64_t start = set_together([&] {
    put_off.deadline.set(100ms);
    brought_forward.deadline.set(600ms);
    between.deadline.set(300ms);
    put_off.deadline.set(500ms);
    brought_forward.deadline.set(100ms);
  });
  run_ticks(loop, 7);
  CHECK(journal == "b-p");
  CHECK(put_off.fired_at_us - start >= 500'000);
}

TEST_CASE("a deadline that is cleared or off does not fire", "[event]") {
  Loop loop;
  Watched cleared(loop);
  Watched off(loop);
  Watched cleared_and_set(loop);
  cleared.deadline.set(100ms);
  cleared.deadline.clear();
  off.deadline.set(100ms);
  off.deadline.set(kOff);
  cleared_and_set.deadline.set(100ms);
  cleared_and_set.deadline.clear();
  cleared_and_set.deadline.set(200ms);
  CHECK_FALSE(cleared.deadline.is_set());
  CHECK_FALSE(off.deadline.is_set());
  run_ticks(loop, 4);
  CHECK(cleared.fired == 0);
  CHECK(off.fired == 0);
  CHECK(cleared_and_set.fired == 1);
}

TEST_CASE("a deadline that is gone does not fire", "[event]") {
  Loop loop;
  auto watched = std::make_unique<Watched>(loop);
  Watched other(loop);  // in the same slot
  watched->deadline.set(100ms);
  other.deadline.set(100ms);
  watched.reset();
  run_ticks(loop, 3);
  CHECK(other.fired == 1);
}

TEST_CASE("a deadline that is far away is kept", "[event]") {
  Loop loop;
  Watched far(loop);
  far.deadline.set(24h);  // many rounds of the wheel
  run_ticks(loop, 2);
  CHECK(far.fired == 0);
  CHECK(far.deadline.is_set());
  far.deadline.set(1ms);
  run_ticks(loop, 2);
  CHECK(far.fired == 1);
}

TEST_CASE("a deadline's callback may set it again or destroy another", "[event]") {
  Loop loop;
  struct Repeating {
    explicit Repeating(Loop& on) : deadline(on, fire, this) {}
    static void fire(void* self) {
      auto* repeating = static_cast<Repeating*>(self);
      repeating->victim.reset();
      if (++repeating->fired < 3) repeating->deadline.set(0ms);
    }
    Deadline deadline;
    std::unique_ptr<Watched> victim;
    int fired = 0;
  } repeating(loop);
  repeating.deadline.set(0ms);
  repeating.victim = std::make_unique<Watched>(loop);
  repeating.victim->deadline.set(0ms);  // behind it in the same slot
  run_until(loop, [&] { return repeating.fired == 3; });
  run_ticks(loop, 2);
  CHECK(repeating.fired == 3);
}

TEST_CASE("ticks are counted and told", "[event]") {
  Loop loop;
  CHECK(loop.now() == 1);
  std::vector<std::uint64_t> ticks;
  loop.on_tick([&] { ticks.push_back(loop.now()); });
  run_ticks(loop, 3);
  CHECK(loop.now() >= 4);
  REQUIRE_FALSE(ticks.empty());
  CHECK(std::is_sorted(ticks.begin(), ticks.end()));
  CHECK(ticks.back() == loop.now());
}

TEST_CASE("deferred calls run after the callback that asked for them, in order", "[event]") {
  Loop loop;
  std::string journal;
  Call first(loop, journal, "first ");
  Call second(loop, journal, "second ");
  run_in_turn(loop, [&] {
    second.deferred.schedule();
    first.deferred.schedule();
    second.deferred.schedule();  // already scheduled: keeps its place, runs once
    CHECK(second.deferred.is_scheduled());
    journal += "callback ";
  });
  CHECK(journal == "callback second first ");
  CHECK_FALSE(second.deferred.is_scheduled());
}

TEST_CASE("a deferred call may defer another to the same turn", "[event]") {
  Loop loop;
  std::string journal;
  Call first(loop, journal, "first ");
  Call second(loop, journal, "second ");
  first.next = &second;
  {
    const Turn turn(loop);
    first.deferred.schedule();
    CHECK(journal.empty());
  }
  CHECK(journal == "first second ");
}

TEST_CASE("a call deferred outside of a turn runs from the loop", "[event]") {
  Loop loop;
  std::string journal;
  Call call(loop, journal, "call");
  struct Stop {
    Loop& loop;
    Deferred deferred;
  } stop{loop, Deferred(
                   loop, [](void* self) { static_cast<Loop*>(self)->stop(); }, &loop)};
  call.deferred.schedule();
  stop.deferred.schedule();
  CHECK(journal.empty());
  loop.run();  // would wait for ever if scheduling did not wake it
  CHECK(journal == "call");
}

TEST_CASE("a deferred call that is cancelled or gone does not run", "[event]") {
  Loop loop;
  std::string journal;
  Call cancelled(loop, journal, "cancelled");
  {
    Call gone(loop, journal, "gone");
    cancelled.deferred.schedule();
    gone.deferred.schedule();
    cancelled.deferred.cancel();
    CHECK_FALSE(cancelled.deferred.is_scheduled());
  }
  loop.run_pending();
  CHECK(journal.empty());
}

TEST_CASE("a deferred call may destroy its owner and others that wait", "[event]") {
  Loop loop;
  std::string journal;
  struct Owner {
    explicit Owner(Loop& loop)
        : deferred(
              loop,
              [](void* self) {
                auto* owner = static_cast<Owner*>(self);
                owner->other->reset();
                delete owner;
              },
              this) {}
    Deferred deferred;
    std::unique_ptr<Call>* other = nullptr;
  };
  auto other = std::make_unique<Call>(loop, journal, "other");
  auto* owner = new Owner(loop);
  owner->other = &other;
  owner->deferred.schedule();
  other->deferred.schedule();
  loop.run_pending();
  CHECK(journal.empty());
  CHECK(other == nullptr);
}

TEST_CASE("the callback of a deadline has a turn of its own", "[event]") {
  Loop loop;
  std::string journal;
  struct Timed {
    Timed(Loop& loop, std::string& to)
        : call(loop, to, "deferred "),
          deadline(
              loop,
              [](void* self) {
                auto* timed = static_cast<Timed*>(self);
                timed->call.deferred.schedule();
                timed->call.journal += "deadline ";
              },
              this) {}
    Call call;
    Deadline deadline;
  } timed(loop, journal);
  timed.deadline.set(0ms);
  run_ticks(loop, 2);
  CHECK(journal == "deadline deferred ");
}

TEST_CASE("run_pending runs what is ready and does not wait", "[event]") {
  Loop loop;
  std::string journal;
  Call call(loop, journal, "call");
  Watched far(loop);
  far.deadline.set(24h);
  call.deferred.schedule();
  loop.run_pending();
  CHECK(journal == "call");
  loop.run_pending();
  CHECK(journal == "call");
  CHECK(far.fired == 0);
}

TEST_CASE("a loop may end before what is set on it", "[event]") {
  auto loop = std::make_unique<Loop>();
  std::string journal;
  Watched watched(*loop);
  Call call(*loop, journal, "call");
  watched.deadline.set(100ms);
  call.deferred.schedule();
  loop.reset();
  CHECK(watched.fired == 0);
  CHECK(journal.empty());
}

}  // namespace
}  // namespace gateway
