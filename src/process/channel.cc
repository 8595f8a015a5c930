// SPDX-License-Identifier: MIT
#include "process/channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "util/text.h"

namespace gateway {

Result<ChannelEnds> make_channel() {
  std::array<int, 2> ends{-1, -1};
  // With message boundaries, and an end that can be seen.
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error{errno_text(errno)};
  }
  return ChannelEnds{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void send_message(int channel, std::string_view message) {
  // Whoever does not read is hung or dead; both are found out by other means.
  [[maybe_unused]] const ssize_t sent =
      send(channel, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Message receive_message(int channel) {
  static std::array<char, 1024> buffer;
  ssize_t length = 0;
  do {
    length = recv(channel, buffer.data(), buffer.size(), MSG_DONTWAIT);
  } while (length < 0 && errno == EINTR);
  if (length > 0) {
    return {Message::State::Some, {buffer.data(), static_cast<std::size_t>(length)}};
  }
  const bool is_end = length == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  return {is_end ? Message::State::End : Message::State::None, {}};
}

}  // namespace gateway
