// SPDX-License-Identifier: MIT
//
// What a worker counts, in rows: one for each route and one for each instance of a service.
//
// In flight  is what began less what ended: two counters, so that a worker may be killed between
//            any two stores and nothing is counted twice or gets lost. settle() then says that what
//            it had begun was lost.
// Costs      a request touches two or three cache lines of each of its two rows, all of them its
//            worker's own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "observe/counter.h"
#include "observe/histogram.h"
#include "util/cause.h"

namespace gateway {

/// 1xx (an upgrade), 2xx, 3xx, 4xx, 5xx.
inline constexpr std::size_t kStatusClasses = 5;

inline std::size_t class_of(int status) {
  return static_cast<std::size_t>(std::clamp(status / 100, 1, 5)) - 1;
}

/// Places for causes: more than there are, so that a new one does not change the layout.
inline constexpr std::size_t kCausePlaces = 48;
static_assert(kCauseCount <= kCausePlaces);

/// How a request ended; as in its line of the access log.
struct RequestEnd {
  int status = 0;
  Cause cause = Cause::None;
  std::uint64_t duration_us = 0;
  std::uint64_t bytes_in = 0;   ///< of its body
  std::uint64_t bytes_out = 0;  ///< of the answer's
};

struct alignas(64) RouteCounters {
  Counter begun;
  Counter ended[kStatusClasses];
  Counter lost;  ///< in flight in a worker that was killed
  Counter bytes_in;
  Counter bytes_out;
  Counter tunnels_begun;
  Counter tunnels_ended;
  Histogram duration;  ///< without those of tunnels: they last as long as people like
  Counter failures[kCausePlaces];

  void begin() { begun.add(); }
  void begin_tunnel() { tunnels_begun.add(); }
  /// What is counted as ended is counted in every other respect, too.
  void end(const RequestEnd& end, bool was_tunnel);
  /// After its worker's death.
  void settle();
};

struct alignas(64) InstanceCounters {
  Counter attempts;        ///< requests sent to it, or that would have been
  Counter attempts_ended;  ///< the connection is free again, or gone
  Counter retries;         ///< attempts that were not the first of their request
  Counter connects;        ///< tried
  Counter reuses;          ///< attempts on a connection that was there
  Counter connections_opened;
  Counter connections_closed;
  Counter responses[kStatusClasses];
  Histogram response_time;  ///< from the attempt to the head of the response
  Counter failures[kCausePlaces];

  void respond(int status, std::uint64_t microseconds) {
    responses[class_of(status)].add();
    response_time.record(microseconds);
  }
  void fail(Cause cause) { failures[static_cast<std::size_t>(cause)].add(); }
  void settle();
};

/// Of connections with clients, all listeners together.
struct alignas(64) ClientCounters {
  Counter accepted;
  Counter closed;
  Counter limit_pauses;   ///< accepting paused because there were max_connections
  Counter accept_errors;  ///< accepting failed and paused: descriptors or memory are exhausted

  void settle() { closed.set(accepted.read()); }
};

}  // namespace gateway
