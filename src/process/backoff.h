// SPDX-License-Identifier: MIT
//
// Backoff: how long to wait before a worker is started again.
#pragma once

#include <algorithm>
#include <utility>

#include "util/duration.h"

namespace gateway {

class Backoff {
 public:
  static constexpr Milliseconds kFirst{0};
  static constexpr Milliseconds kSecond{100};
  static constexpr Milliseconds kLongest{10'000};
  /// A worker that lived this long was sound: the next one starts at once.
  static constexpr Milliseconds kSound{10'000};

  Milliseconds after(Milliseconds lived) {
    if (lived >= kSound) next_ = kFirst;
    return std::exchange(next_, std::clamp(next_ * 2, kSecond, kLongest));
  }

 private:
  Milliseconds next_ = kFirst;
};

}  // namespace gateway
