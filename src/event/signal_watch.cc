// SPDX-License-Identifier: MIT
#include "event/signal_watch.h"

#include <cstdlib>
#include <utility>

namespace gateway {

SignalWatch::SignalWatch(Loop& loop, int signal, std::function<void()> callback)
    : callback_(std::move(callback)) {
  event_.reset(evsignal_new(
      loop.base(), signal,
      [](evutil_socket_t, short, void* self) noexcept {
        static_cast<SignalWatch*>(self)->callback_();
      },
      this));
  // A worker that cannot be told to end must not serve.
  if (!event_ || event_add(event_.get(), nullptr) != 0) std::abort();
}

}  // namespace gateway
