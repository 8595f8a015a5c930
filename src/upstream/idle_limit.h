// SPDX-License-Identifier: MIT
//
// IdleLimit: how long one instance keeps a connection that nothing happens on, as seen from here.
//
// Learned    from closes: three in a row after about the same idle time, none of which was already
//            idle when the one before it closed. Connections of various ages that close together
//            are a restart and teach nothing, nor does a close at an age that others live through.
//            Closes at once, after an answer, count for nothing as long as there were more uses.
// Forgotten  by probes: connections that are too old to be used but are still watched. One that
//            outlives the limit raises it; one that reaches the pool's own time-out ends it.
// Shared     the limit itself lies in the instance's slot: what one worker learns all obey. The
//            evidence is each worker's own.
// Units      ages and points in time are milliseconds of coarse_monotonic_ms().
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "util/duration.h"

namespace gateway::upstream {

class IdleLimit {
 public:
  /// `limit_ms`: 0 while none is known. `longest`: the pool's own time-out.
  IdleLimit(std::atomic<std::uint32_t>& limit_ms, Milliseconds longest)
      : limit_ms_(limit_ms), longest_(longest) {}

  bool is_known() const { return limit() != Milliseconds::zero(); }
  Milliseconds limit() const { return Milliseconds(limit_ms_.load(std::memory_order_relaxed)); }
  /// How long a connection may wait for its next use when its peer closes it after `limit`: a
  /// tenth less, at least a second less, but never less than half of it. What would be only
  /// moments is zero: such connections are not kept.
  static Milliseconds safe_part(Milliseconds limit);
  /// The same for what has been learned; the pool's own time-out when that is shorter.
  Milliseconds lifetime() const;

  /// The instance closed a connection that was idle from `since` to `until`.
  void note_closed(std::uint64_t since, std::uint64_t until);
  /// A connection was used again after that idle time, and worked.
  void note_survived(Milliseconds age);
  /// A probe is still open at that age.
  void note_probed(Milliseconds age);
  /// Age at which to look at a probe next.
  Milliseconds next_probe(Milliseconds age) const;
  /// Whether connections that are idle for no longer than `age` may be closed already: the last
  /// close says so, and nothing has contradicted it since.
  bool is_in_doubt(Milliseconds age) const;

 private:
  bool is_worth_knowing(Milliseconds limit) const;
  void set(Milliseconds limit);

  std::atomic<std::uint32_t>& limit_ms_;
  const Milliseconds longest_;
  Milliseconds candidate_{0};     ///< the age that the last `agreeing_` closes had
  unsigned agreeing_ = 0;         ///< closes in a row
  unsigned good_uses_ = 0;        ///< in which the instance had not closed at once, net of closes
  std::uint64_t last_close_ = 0;  ///< of those that count
};

}  // namespace gateway::upstream
