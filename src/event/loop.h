// SPDX-License-Identifier: MIT
//
// Loop: the event loop of one worker, with coarse deadlines and deferred calls.
//
// Deadlines  are integers compared once a tick (100 ms): setting one is a store, never a system
//            call or a heap operation, because every request sets several and few ever fire.
//            One never fires early, and on an idle machine up to 200 ms late.
// Deferred   calls run after the callback that asked for them has returned: the way to do what must
//            not happen on somebody's stack (freeing, finishing, starting the next request). A
//            callback that holds a Turn runs them as its last act, at no cost; elsewhere (on
//            libevent's own stack) they run later in the same turn of the loop.
// Runs on    one thread; libevent's locking is never switched on.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "event/handles.h"
#include "util/duration.h"

namespace gateway {

/// Intrusive list node; unlinks itself when destroyed.
struct ListNode {
  ListNode* previous = this;
  ListNode* next = this;

  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool is_linked() const { return next != this; }
  void unlink() {
    previous->next = next;
    next->previous = previous;
    previous = next = this;
  }
  /// Links this node before `other` (at the end, when `other` is a list's head).
  void insert_before(ListNode& other) {
    unlink();
    previous = other.previous;
    next = &other;
    previous->next = this;
    other.previous = this;
  }
};

class Loop;

/// A call to be made at or soon after a point in time, unless moved or cleared before.
class Deadline : private ListNode {
 public:
  using Callback = void (*)(void*);
  Deadline(Loop& loop, Callback callback, void* argument)
      : loop_(loop), callback_(callback), argument_(argument) {}

  void set(Milliseconds after);  ///< from now; kOff clears
  void clear() { due_ = 0; }
  bool is_set() const { return due_ != 0; }

 private:
  friend class Loop;
  Loop& loop_;
  Callback callback_;
  void* argument_;
  std::uint64_t due_ = 0;   ///< tick; 0 = none
  std::uint64_t slot_ = 0;  ///< tick of the slot it is linked into; meaningless when not linked
};

/// A call to be made later in this turn of the loop. Scheduling twice makes one call.
class Deferred : private ListNode {
 public:
  using Callback = void (*)(void*);
  Deferred(Loop& loop, Callback callback, void* argument)
      : loop_(loop), callback_(callback), argument_(argument) {}

  void schedule();
  void cancel() { unlink(); }
  bool is_scheduled() const { return is_linked(); }

 private:
  friend class Loop;
  Loop& loop_;
  Callback callback_;
  void* argument_;
};

/// Held by the callbacks of our own events while they run.
class Turn {
 public:
  explicit Turn(Loop& loop);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Loop& loop_;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  event_base* base() { return base_.get(); }
  void run();
  /// Leaves run() after the current callback.
  void stop();
  /// Runs what is ready, without waiting: lets deferred frees happen before the end.
  void run_pending();

  /// Called each tick (100 ms); for flushing logs and the like.
  void on_tick(std::function<void()> call) { on_tick_.push_back(std::move(call)); }
  std::uint64_t now() const { return now_; }  ///< ticks since the start, first is 1

  static constexpr Milliseconds kTick{100};

 private:
  friend class Deadline;
  friend class Deferred;
  friend class Turn;
  static constexpr std::size_t kSlots = 1024;

  std::uint64_t real_tick() const;
  void tick();
  void run_deferred();
  void link(Deadline& deadline, std::uint64_t tick);

  EventBasePtr base_;
  EventPtr tick_;
  EventPtr kick_;
  std::uint64_t now_ = 1;
  std::uint64_t started_ms_ = 0;
  std::array<ListNode, kSlots> slots_;
  ListNode deferred_;
  bool in_turn_ = false;
  bool is_stalled_ = false;  ///< the last tick came very late
  std::vector<std::function<void()>> on_tick_;
};

}  // namespace gateway
