// SPDX-License-Identifier: MIT
//
// Admission: whether more clients may connect, and who makes room for them.
//
// Full     as many connections as there may be: what is configured, but never more than half of
//          the descriptors, as each may need one more for its service. Accepting then pauses:
//          clients wait in the kernel's queue, or other workers take them. While somebody waits,
//          connections that have been idle for longest are closed, a few at a time.
// Errors   of accept pause it as well, instead of being met again at once, for ever.
// Turns    a burst of clients is taken in portions, so that those who are connected do not wait.
// Log      a line of each kind once a second at most.
// Runs on  the worker's loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "event/loop.h"
#include "observe/counters.h"

namespace gateway::http {

/// What admission decides about.
class Gate {
 public:
  virtual ~Gate() = default;
  virtual void set_open(bool open) = 0;
  virtual std::size_t connections() const = 0;
  virtual bool has_queue() const = 0;
  /// Closes up to that many idle connections; gives how many.
  virtual std::size_t make_room(std::size_t count) = 0;
};

class Admission {
 public:
  /// `counters`: nullptr when pauses are not counted.
  Admission(Loop& loop, Gate& gate, std::uint64_t limit, ClientCounters* counters = nullptr);

  /// Connections of clients there may be where this many are wanted and descriptors allowed.
  static std::uint64_t limit_of(std::uint64_t wanted, std::uint64_t descriptors);

  void note_accepted();
  void note_accept_error(int error);
  /// Connections have gone, or a turn is over.
  void review();
  void stop() { retry_.clear(); }

 private:
  /// Lets one line pass each second.
  class Valve {
   public:
    bool opens();

   private:
    std::int64_t opened_at_ms_ = 0;
  };

  bool is_full() const { return gate_.connections() >= limit_; }
  void apply();
  void on_retry();

  Gate& gate_;
  const std::uint64_t limit_;
  ClientCounters* counters_;
  Deadline retry_;
  std::size_t accepted_ = 0;  ///< in this turn
  bool has_failed_ = false;   ///< accept, since the last try
  bool is_open_ = true;
  bool was_full_ = false;
  Valve error_lines_;
  Valve limit_lines_;
  Valve room_lines_;
};

}  // namespace gateway::http
