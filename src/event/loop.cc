// SPDX-License-Identifier: MIT
#include "event/loop.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "util/clock.h"

namespace gateway {

namespace {

EventBasePtr make_base() {
  // The changelist joins what one turn adds and removes into one epoll_ctl. It forbids dup'ed
  // descriptors in the base; there are none.
  event_config* config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  EventBasePtr base(event_base_new_with_config(config));
  event_config_free(config);
  if (!base) std::abort();
  return base;
}

constexpr std::uint64_t kStall = 10;  // ticks

std::uint64_t to_ticks(Milliseconds duration) {
  const auto tick = Loop::kTick.count();
  return static_cast<std::uint64_t>((duration.count() + tick - 1) / tick);
}

}  // namespace

void Deadline::set(Milliseconds after) {
  if (after == kOff) {
    clear();
    return;
  }
  // Counted from the real tick: a long callback may have kept the loop's own from moving. One
  // more, as that has partly passed: a deadline never fires early.
  due_ = loop_.real_tick() + to_ticks(after) + 1;
  // A later deadline stays where it is; its slot will see that it has moved.
  if (!is_linked() || due_ < slot_) loop_.link(*this, due_);
}

void Deferred::schedule() {
  if (is_linked()) return;
  insert_before(loop_.deferred_);
  if (!loop_.in_turn_) event_active(loop_.kick_.get(), EV_TIMEOUT, 0);
}

Turn::Turn(Loop& loop) : loop_(loop) { loop_.in_turn_ = true; }

Turn::~Turn() {
  if (loop_.deferred_.is_linked()) loop_.run_deferred();
  loop_.in_turn_ = false;
}

Loop::Loop() : base_(make_base()), started_ms_(coarse_monotonic_ms()) {
  tick_.reset(event_new(
      base_.get(), -1, EV_PERSIST,
      [](evutil_socket_t, short, void* self) { static_cast<Loop*>(self)->tick(); }, this));
  const timeval interval{0, std::chrono::microseconds(kTick).count()};
  event_add(tick_.get(), &interval);
  kick_.reset(event_new(
      base_.get(), -1, 0,
      [](evutil_socket_t, short, void* self) { Turn turn(*static_cast<Loop*>(self)); }, this));
}

Loop::~Loop() = default;

void Loop::run() { event_base_dispatch(base_.get()); }

void Loop::stop() { event_base_loopbreak(base_.get()); }

void Loop::run_pending() {
  run_deferred();
  event_base_loop(base_.get(), EVLOOP_NONBLOCK);
}

void Loop::link(Deadline& deadline, std::uint64_t tick) {
  deadline.slot_ = std::min(tick, now_ + kSlots - 1);
  deadline.insert_before(slots_[deadline.slot_ % kSlots]);
}

std::uint64_t Loop::real_tick() const {
  return 1 + (coarse_monotonic_ms() - started_ms_) / static_cast<std::uint64_t>(kTick.count());
}

void Loop::tick() {
  Turn turn(*this);
  // A process that was stopped or starved catches up with real time, slot by slot.
  const std::uint64_t real = real_tick();
  // After a stop (SIGSTOP, a frozen container) what waits in the sockets is read first: a deadline
  // that passed meanwhile says nothing about the peer.
  if (real - now_ > kStall && !std::exchange(is_stalled_, true)) return;
  is_stalled_ = false;
  while (now_ < real) {
    now_++;
    ListNode due;
    ListNode& slot = slots_[now_ % kSlots];
    if (slot.is_linked()) {  // take the whole slot: callbacks may link into it again
      due.insert_before(slot);
      slot.unlink();
    }
    while (due.is_linked()) {
      auto& deadline = static_cast<Deadline&>(*due.next);
      deadline.unlink();
      if (deadline.due_ == 0) continue;
      if (deadline.due_ > now_) {
        link(deadline, deadline.due_);
        continue;
      }
      deadline.due_ = 0;
      deadline.callback_(deadline.argument_);
    }
  }
  for (auto& call : on_tick_) call();
}

void Loop::run_deferred() {
  while (deferred_.is_linked()) {
    auto& deferred = static_cast<Deferred&>(*deferred_.next);
    deferred.unlink();
    deferred.callback_(deferred.argument_);
  }
}

}  // namespace gateway
