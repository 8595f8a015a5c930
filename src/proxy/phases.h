// SPDX-License-Identifier: MIT
//
// Phases: when one exchange went from hand to hand, for the log and for Server-Timing.
//
//   the request's head is complete
//    │  queue            until the first attempt begins
//    │  connect          name lookup and connecting, of all attempts together
//    │  upstream_header  from the last attempt's having a connection until the answer's head is
//    │                   complete
//    │  upstream         from the first attempt's begin until the answer has ended or was given up
//   the last byte of the answer was taken by the kernel
//
// Units    microseconds of monotonic_us(); kNever for what did not happen.
// Costs    nothing when nobody asks; else a look at the clock when an attempt begins, when it has
//          connected, at the answer's head, and at its end if that came later.
#pragma once

#include <cstdint>

#include "observe/access_log.h"
#include "util/clock.h"

namespace gateway::proxy {

class Phases {
 public:
  static constexpr std::uint64_t kNever = AccessRecord::kNever;

  void begin(std::uint64_t started_us, bool is_wanted) {
    *this = {};
    started_ = started_us;
    is_wanted_ = is_wanted;
  }
  void want() { is_wanted_ = true; }
  /// What the calls below want; 0, and they are without effect, when nobody asks.
  std::uint64_t now() const { return is_wanted_ ? monotonic_us() : 0; }

  void on_attempt(std::uint64_t now) {
    if (first_ == 0) first_ = now;
    connecting_ = now;
    ready_ = head_ = end_ = 0;
  }
  /// The attempt began with a kept connection.
  void on_kept_connection() {
    ready_ = connecting_;
    connecting_ = 0;
  }
  void on_connected(std::uint64_t now) {
    end_connecting(now);
    ready_ = now;
  }
  void on_head(std::uint64_t now) { head_ = now; }
  /// The answer is over, or the attempt failed or was given up; what comes later changes nothing.
  void on_end(std::uint64_t now) {
    end_connecting(now);
    if (end_ == 0) end_ = now;
  }

  std::uint64_t queue() const { return between(started_, first_); }
  std::uint64_t connect() const { return has_connected_ ? connect_ : kNever; }
  std::uint64_t upstream_header() const { return between(ready_, head_); }
  std::uint64_t upstream() const { return between(first_, end_); }
  std::uint64_t since_start(std::uint64_t now) const { return between(started_, now); }

 private:
  static std::uint64_t between(std::uint64_t begin, std::uint64_t end) {
    return begin == 0 || end == 0 ? kNever : end - begin;
  }
  void end_connecting(std::uint64_t now) {
    if (connecting_ == 0) return;
    connect_ += now - connecting_;
    connecting_ = 0;
    has_connected_ = true;
  }

  std::uint64_t started_ = 0;  ///< all of these: 0 = not (yet)
  std::uint64_t first_ = 0;
  std::uint64_t connecting_ = 0;
  std::uint64_t ready_ = 0;
  std::uint64_t head_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t connect_ = 0;
  bool has_connected_ = false;
  bool is_wanted_ = false;
};

}  // namespace gateway::proxy
