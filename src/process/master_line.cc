// SPDX-License-Identifier: MIT
#include "process/master_line.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "util/text.h"

namespace gateway {

Result<std::pair<MasterLine, MasterLine>> MasterLine::make() {
  std::array<int, 2> ends{-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error{errno_text(errno)};
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return std::pair{MasterLine(UniqueFd(ends[0])), MasterLine(UniqueFd(ends[1]))};
}

bool MasterLine::other_serves() const {
  if (!end_.is_open()) return false;
  pollfd watched{end_.get(), POLLRDHUP, 0};
  return poll(&watched, 1, 0) == 0;
}

void MasterLine::leave() const { shutdown(end_.get(), SHUT_WR); }

UniqueFd MasterLine::copy() const { return UniqueFd(fcntl(end_.get(), F_DUPFD_CLOEXEC, 0)); }

}  // namespace gateway
