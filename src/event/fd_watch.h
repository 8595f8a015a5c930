// SPDX-License-Identifier: MIT
//
// FdWatch: calls back from the loop while a descriptor has something to read.
#pragma once

#include <functional>

#include "event/handles.h"
#include "event/loop.h"

namespace gateway {

class FdWatch {
 public:
  /// `fd` stays the caller's and has to outlive the watch.
  FdWatch(Loop& loop, int fd, std::function<void()> callback);
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  /// From now on it does not call; allowed in its own callback.
  void stop();

 private:
  std::function<void()> callback_;
  EventPtr event_;
};

}  // namespace gateway
