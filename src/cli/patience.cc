// SPDX-License-Identifier: MIT
#include "cli/patience.h"

#include <sys/socket.h>
#include <sys/time.h>

#include "util/clock.h"

namespace gateway::cli {

bool set_patience(int socket, std::uint64_t until_us) {
  timeval limit{};  // none
  if (until_us != kForEver) {
    const std::uint64_t now = monotonic_us();
    if (now >= until_us) return false;
    limit.tv_sec = static_cast<time_t>((until_us - now) / 1'000'000);
    limit.tv_usec = static_cast<suseconds_t>((until_us - now) % 1'000'000);
  }
  // The send timeout is connect's too. They cannot fail for a valid socket.
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return true;
}

}  // namespace gateway::cli
