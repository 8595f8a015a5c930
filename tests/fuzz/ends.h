// SPDX-License-Identifier: MIT
//
// The clients and the service of the whole gateway: sockets that remember both directions.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check.h"
#include "reading.h"
#include "util/address.h"
#include "util/unique_fd.h"

namespace fuzz {

using gateway::Address;
using gateway::UniqueFd;

struct End {
  UniqueFd socket;
  std::string sent, received;
  bool sent_fin = false;
  bool has_ended = false;  ///< the gateway's FIN or reset was read

  bool is_open() const { return socket.is_open(); }
  void send(std::string_view bytes) {
    if (!is_open() || sent_fin) return;
    const ssize_t taken =
        ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken > 0) sent.append(bytes.data(), static_cast<std::size_t>(taken));
  }
  void receive(std::size_t at_most) {
    static std::vector<char> buffer(256 << 10);
    if (!is_open() || has_ended || at_most == 0) return;
    const std::size_t wanted = std::min(at_most, buffer.size());
    const ssize_t count = ::recv(socket.get(), buffer.data(), wanted, MSG_DONTWAIT);
    if (count > 0) received.append(buffer.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EAGAIN)) has_ended = true;
  }
  void finish_sending() {
    if (is_open()) ::shutdown(socket.get(), SHUT_WR);
    sent_fin = true;
  }
  void close() { socket.reset(); }  // a reset when bytes wait to be read
};

struct Client : End {
  bool vanished = false;  ///< before it had read everything
};

struct Service : End {
  std::size_t answered = 0;          ///< requests whose final answer has begun
  std::size_t tunnel_at = SIZE_MAX;  ///< bytes of `received` before the tunnel

  Reading reading() const {
    return Reader(std::string_view(received).substr(0, tunnel_at)).requests();
  }
};

class Listener {
 public:
  explicit Listener(const std::string& path) : path_(path) {
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    address_ = *Address::from_unix_path(path);
    check(::bind(socket_.get(), address_.data(), address_.size()) == 0);
    check(::listen(socket_.get(), 64) == 0);
  }
  int fd() const { return socket_.get(); }
  const std::string& path() const { return path_; }
  int accept() { return ::accept4(fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }
  int connect() {
    const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (::connect(made, address_.data(), address_.size()) == 0) return made;
    ::close(made);
    return -1;
  }

 private:
  std::string path_;
  Address address_;
  UniqueFd socket_;
};

}  // namespace fuzz
