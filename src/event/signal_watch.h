// SPDX-License-Identifier: MIT
//
// SignalWatch: calls back from the loop when a signal has come.
//
// Callbacks run between events, not on a signal handler's stack: they may do anything. While a
// watch lives the signal's own disposition is replaced; its end brings that back.
#pragma once

#include <functional>

#include "event/handles.h"
#include "event/loop.h"

namespace gateway {

class SignalWatch {
 public:
  SignalWatch(Loop& loop, int signal, std::function<void()> callback);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  std::function<void()> callback_;
  EventPtr event_;
};

}  // namespace gateway
