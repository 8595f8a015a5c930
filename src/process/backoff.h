// SPDX-License-Identifier: MIT
//
// Backoff: how long to wait before a worker is started again.
#pragma once

#include <algorithm>

#include "util/duration.h"

namespace gateway {

class Backoff {
 public:
  static constexpr Milliseconds kFirst{100};
  static constexpr Milliseconds kLongest{10'000};
  /// A worker that lived this long was sound: the next one starts at once.
  static constexpr Milliseconds kSound{10'000};

  Milliseconds after(Milliseconds lived) {
    const Milliseconds wait = lived >= kSound ? Milliseconds(0) : next_;
    next_ = lived >= kSound ? kFirst : std::min(next_ * 2, kLongest);
    return wait;
  }

 private:
  Milliseconds next_ = kFirst;
};

}  // namespace gateway
