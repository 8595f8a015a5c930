// SPDX-License-Identifier: MIT
#include "event/fd_watch.h"

#include <cstdlib>
#include <utility>

namespace gateway {

FdWatch::FdWatch(Loop& loop, int fd, std::function<void()> callback)
    : callback_(std::move(callback)) {
  event_.reset(event_new(
      loop.base(), fd, EV_READ | EV_PERSIST,
      [](evutil_socket_t, short, void* self) noexcept { static_cast<FdWatch*>(self)->callback_(); },
      this));
  // What cannot hear its orders must not serve.
  if (!event_ || event_add(event_.get(), nullptr) != 0) std::abort();
}

void FdWatch::stop() { event_del(event_.get()); }

}  // namespace gateway
