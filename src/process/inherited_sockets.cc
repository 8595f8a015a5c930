// SPDX-License-Identifier: MIT
#include "process/inherited_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "util/text.h"

namespace gateway {
namespace {

constexpr int kFirst = 3;
// More than anybody passes on, and not all that a mistake could name.
constexpr std::uint64_t kMost = 1024;

std::string take(const char* value, const char* name) {
  std::string text = value != nullptr ? value : "";
  unsetenv(name);
  return text;
}

bool is_listening_stream(int fd) {
  int type = 0;
  int listens = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) return false;
  size = sizeof listens;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

Address address_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  getsockname(fd, address, &size);
  return {address, size};
}

}  // namespace

Result<std::vector<InheritedSocket>> take_inherited_sockets() {
  const std::string pid = take(std::getenv("LISTEN_PID"), "LISTEN_PID");
  const std::string count = take(std::getenv("LISTEN_FDS"), "LISTEN_FDS");
  const std::string names = take(std::getenv("LISTEN_FDNAMES"), "LISTEN_FDNAMES");
  std::vector<InheritedSocket> sockets;
  if (pid != std::to_string(getpid())) return sockets;  // they are another process's
  const auto number = parse_decimal(count);
  if (!number || *number > kMost) return Error{"LISTEN_FDS=" + quoted(count) + " is no number"};
  const auto each_name = split(names, ':');
  for (std::size_t i = 0; i < *number; i++) {
    const int fd = kFirst + static_cast<int>(i);
    if (!is_listening_stream(fd)) {
      return Error{"LISTEN_FDS: descriptor " + std::to_string(fd) +
                   " is no listening stream socket; a .socket unit needs ListenStream= and "
                   "Accept=no"};
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    // "unknown" is what sd_listen_fds(3) has for one without a name.
    const std::string_view name = i < each_name.size() ? each_name[i] : "";
    sockets.push_back({UniqueFd(fd), address_of(fd), std::string(name == "unknown" ? "" : name)});
  }
  return sockets;
}

}  // namespace gateway
