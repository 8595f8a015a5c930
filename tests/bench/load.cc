// SPDX-License-Identifier: MIT
//
// load PORT CONNECTIONS REQUEST_FILE ANSWER_SIZE keep|close: clients of the benchmark.
//
// Each connection asks again as soon as it has its answer, or when a request is due. Orders come as
// lines on standard input, each is answered with one line:
//   run SECONDS         how many answers came; all requests that were sent have theirs
//   pace RATE SECONDS   median and 99th percentile of what answers took, in microseconds, when
//                       RATE requests a second are due at fixed times, whether or not those before
//                       them have been answered; each is timed from when it was due
//
// One thread, and as little work as can be: what the clients take of the machine, the proxy lacks.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "util/clock.h"
#include "util/unique_fd.h"

namespace {

using gateway::monotonic_us;
using gateway::UniqueFd;

constexpr int kPatienceMs = 20'000;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// What all connections of a run have in common.
struct Scenario {
  std::uint16_t port = 0;
  std::string request;
  std::size_t answer_size = 0;
  bool closes = false;
};

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect");
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

class Connection {
 public:
  Connection(const Scenario& scenario, int poll) : scenario_(scenario), poll_(poll) { connect(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void ask(std::uint64_t due_us) {
    due_us_ = due_us;
    sent_ = 0;
    head_.clear();
    missing_ = kUnknown;
    send();
  }

  /// True when the answer is complete; the connection is then ready to ask again.
  bool on_event(std::uint32_t events, std::vector<char>& buffer) {
    if ((events & EPOLLOUT) != 0) send();
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0 || !receive(buffer)) return false;
    if (scenario_.closes) connect();
    return true;
  }

  std::uint64_t due_us() const { return due_us_; }

 private:
  static constexpr std::size_t kUnknown = ~std::size_t{0};

  void connect() {
    fd_.reset();
    fd_ = connect_to(scenario_.port);
    watch(EPOLL_CTL_ADD, EPOLLIN);
  }

  void watch(int operation, std::uint32_t events) {
    epoll_event event{events, {this}};
    if (::epoll_ctl(poll_, operation, fd_.get(), &event) != 0) fail("epoll_ctl");
    watches_output_ = (events & EPOLLOUT) != 0;
  }

  void send() {
    const auto rest = std::string_view(scenario_.request).substr(sent_);
    const ssize_t count = ::send(fd_.get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) fail("send");
    if (count > 0) sent_ += static_cast<std::size_t>(count);
    const bool is_sent = sent_ == scenario_.request.size();
    if (is_sent == watches_output_) watch(EPOLL_CTL_MOD, is_sent ? EPOLLIN : EPOLLIN | EPOLLOUT);
  }

  bool receive(std::vector<char>& buffer) {
    const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return false;
    if (count < 0) fail("recv");
    if (count == 0) throw std::runtime_error("the connection ended within an answer");
    auto size = static_cast<std::size_t>(count);
    if (missing_ == kUnknown) {
      head_.append(buffer.data(), size);
      const std::size_t end = head_.find("\r\n\r\n");
      if (end == head_.npos) return false;
      if (!head_.starts_with("HTTP/1.1 200 "))
        throw std::runtime_error("not the answer of the service: " + head_.substr(0, end));
      size = head_.size() - end - 4;
      missing_ = scenario_.answer_size;
    }
    if (size > missing_) throw std::runtime_error("more bytes than an answer has");
    missing_ -= size;
    return missing_ == 0;
  }

  const Scenario& scenario_;
  const int poll_;
  UniqueFd fd_;
  std::uint64_t due_us_ = 0;
  std::size_t sent_ = 0;
  std::string head_;
  std::size_t missing_ = kUnknown;  ///< of the answer's body
  bool watches_output_ = false;
};

class Load {
 public:
  Load(const Scenario& scenario, std::size_t count)
      : poll_(::epoll_create1(EPOLL_CLOEXEC)),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
        buffer_(1 << 20) {
    epoll_event event{EPOLLIN, {nullptr}};  // no connection: the timer
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, timer_.get(), &event) != 0) fail("epoll_ctl");
    while (connections_.size() < count) connections_.emplace_back(scenario, poll_.get());
  }

  std::uint64_t run(std::uint64_t duration_us) {
    const std::uint64_t end = monotonic_us() + duration_us;
    for (Connection& connection : connections_) connection.ask(0);
    std::uint64_t answers = 0;
    for (std::size_t in_flight = connections_.size(); in_flight > 0;) {
      wait([&](Connection& connection) {
        answers++;
        if (monotonic_us() < end) {
          connection.ask(0);
        } else {
          in_flight--;
        }
      });
    }
    return answers;
  }

  /// How long each answer took, in microseconds.
  std::vector<std::uint64_t> pace(double rate, double seconds) {
    std::vector<Connection*> free;
    for (Connection& connection : connections_) free.push_back(&connection);
    std::vector<std::uint64_t> took(static_cast<std::size_t>(rate * seconds));
    const std::uint64_t start = monotonic_us();
    const auto due = [&](std::size_t number) {
      return start + static_cast<std::uint64_t>(1e6 * static_cast<double>(number) / rate);
    };
    for (std::size_t asked = 0, answered = 0; answered < took.size();) {
      while (!free.empty() && asked < took.size() && due(asked) <= monotonic_us()) {
        free.back()->ask(due(asked++));
        free.pop_back();
      }
      if (!free.empty() && asked < took.size()) wake_at(due(asked));
      wait([&](Connection& connection) {
        took[answered++] = monotonic_us() - connection.due_us();
        free.push_back(&connection);
      });
    }
    return took;
  }

 private:
  template <class OnAnswer>
  void wait(const OnAnswer& on_answer) {
    std::array<epoll_event, 64> events;
    const int count =
        ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), kPatienceMs);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    if (count == 0) throw std::runtime_error("no answer comes");
    for (int i = 0; i < count; i++) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr) {
        std::uint64_t expirations = 0;
        (void)!::read(timer_.get(), &expirations, sizeof expirations);
        continue;
      }
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      if (connection.on_event(event.events, buffer_)) on_answer(connection);
    }
  }

  void wake_at(std::uint64_t us) {
    itimerspec when{};
    when.it_value.tv_sec = static_cast<time_t>(us / 1'000'000);
    when.it_value.tv_nsec = static_cast<long>(us % 1'000'000 * 1000);
    if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0)
      fail("timerfd_settime");
  }

  UniqueFd poll_;
  UniqueFd timer_;
  std::vector<char> buffer_;
  std::deque<Connection> connections_;
};

std::uint64_t percentile(std::vector<std::uint64_t>& values, std::size_t percent) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(values.size() * percent / 100);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

void obey(Load& load, const std::string& order) {
  std::istringstream words(order);
  std::string verb;
  double rate = 0;
  double seconds = 0;
  words >> verb;
  if (verb == "run" && words >> seconds) {
    std::cout << load.run(static_cast<std::uint64_t>(seconds * 1e6)) << std::endl;
  } else if (verb == "pace" && words >> rate >> seconds && rate * seconds >= 1) {
    std::vector<std::uint64_t> took = load.pace(rate, seconds);
    std::cout << percentile(took, 50) << ' ' << percentile(took, 99) << std::endl;
  } else {
    throw std::runtime_error("not an order: " + order);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) {
    std::cerr << "usage: load PORT CONNECTIONS REQUEST_FILE ANSWER_SIZE keep|close\n";
    return 2;
  }
  Scenario scenario;
  scenario.port = static_cast<std::uint16_t>(std::stoul(argv[1]));
  std::ifstream file(argv[3], std::ios::binary);
  scenario.request.assign(std::istreambuf_iterator<char>(file), {});
  scenario.answer_size = std::stoul(argv[4]);
  scenario.closes = std::string_view(argv[5]) == "close";
  Load load(scenario, std::stoul(argv[2]));
  for (std::string order; std::getline(std::cin, order);) obey(load, order);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "load: " << error.what() << '\n';
  return 1;
}
