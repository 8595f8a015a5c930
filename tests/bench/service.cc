// SPDX-License-Identifier: MIT
//
// service PORT: the service of the benchmark, on loopback. Answers each request, whatever its
// method, with as many bytes as its path says after the last slash, and discards its body.
//
// Trusts its clients, which are proxies: knows Content-Length and nothing else of HTTP. One thread,
// and as little work as can be, so that no proxy waits for it.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "util/unique_fd.h"

namespace {

using gateway::UniqueFd;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Head and body; there are few sizes.
const std::string& answer_of(std::size_t size) {
  static std::map<std::size_t, std::string> answers;
  std::string& answer = answers[size];
  if (answer.empty()) {
    answer = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
             std::to_string(size) + "\r\n\r\n" + std::string(size, 'a');
  }
  return answer;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName("\ncontent-length:");
  const auto found = std::search(head.begin(), head.end(), kName.begin(), kName.end(),
                                 [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  if (found == head.end()) return 0;
  return std::stoul(std::string(found + kName.size(), head.end()));
}

std::size_t answer_size(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\r'));
  const std::string_view target = line.substr(0, line.rfind(' '));
  return std::stoul(std::string(target.substr(target.rfind('/') + 1)));
}

class Connection {
 public:
  Connection(UniqueFd fd, int poll) : fd_(std::move(fd)), poll_(poll) {
    watch(EPOLL_CTL_ADD, EPOLLIN);
  }

  /// False when the client has gone.
  bool on_event(std::uint32_t events, std::vector<char>& buffer) {
    if ((events & EPOLLOUT) != 0) return send();
    const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    return consume({buffer.data(), static_cast<std::size_t>(count)});
  }

 private:
  bool consume(std::string_view bytes) {
    if (answer_ == nullptr) {
      head_.append(bytes);
      const std::size_t end = head_.find("\r\n\r\n");
      if (end == head_.npos) return true;
      const auto head = std::string_view(head_).substr(0, end + 2);
      body_left_ = content_length(head);
      answer_ = &answer_of(answer_size(head));
      bytes.remove_prefix(bytes.size() - (head_.size() - end - 4));
      head_.clear();
    }
    if (bytes.size() > body_left_) throw std::runtime_error("more bytes than a request has");
    body_left_ -= bytes.size();
    return body_left_ > 0 || send();
  }

  bool send() {
    const auto rest = std::string_view(*answer_).substr(sent_);
    const ssize_t count = ::send(fd_.get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) return false;
    if (count > 0) sent_ += static_cast<std::size_t>(count);
    const bool is_sent = sent_ == answer_->size();
    if (is_sent == watches_output_) watch(EPOLL_CTL_MOD, is_sent ? EPOLLIN : EPOLLOUT);
    if (is_sent) {
      answer_ = nullptr;
      sent_ = 0;
    }
    return true;
  }

  void watch(int operation, std::uint32_t events) {
    epoll_event event{events, {this}};
    if (::epoll_ctl(poll_, operation, fd_.get(), &event) != 0) fail("epoll_ctl");
    watches_output_ = events == EPOLLOUT;
  }

  UniqueFd fd_;
  const int poll_;
  std::string head_;
  const std::string* answer_ = nullptr;  ///< to the request that has begun
  std::size_t body_left_ = 0;
  std::size_t sent_ = 0;
  bool watches_output_ = false;
};

UniqueFd listen_on(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 1024) != 0)
    fail("listen");
  return fd;
}

[[noreturn]] void serve(int listener) {
  const UniqueFd poll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event accepting{EPOLLIN, {nullptr}};
  if (::epoll_ctl(poll.get(), EPOLL_CTL_ADD, listener, &accepting) != 0) fail("epoll_ctl");
  std::vector<char> buffer(1 << 20);
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count =
        ::epoll_wait(poll.get(), events.data(), static_cast<int>(events.size()), /*timeout=*/-1);
    for (int i = 0; i < count; i++) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr) {
        UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (fd.is_open()) new Connection(std::move(fd), poll.get());
        continue;
      }
      auto* connection = static_cast<Connection*>(event.data.ptr);
      if (!connection->on_event(event.events, buffer)) delete connection;
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: service PORT\n";
    return 2;
  }
  serve(listen_on(static_cast<std::uint16_t>(std::stoul(argv[1]))).get());
} catch (const std::exception& error) {
  std::cerr << "service: " << error.what() << '\n';
  return 1;
}
