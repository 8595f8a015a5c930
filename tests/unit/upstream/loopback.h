// SPDX-License-Identifier: MIT
//
// A scripted service on loopback and what an Instance needs around it, all on one loop.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "catch.h"
#include "observe/meters.h"
#include "upstream/instance.h"
#include "util/unique_fd.h"

namespace gateway::upstream::test {

/// Runs the loop until `done()`; fails the test when that takes far too long.
template <class Done>
void run_until(Loop& loop, const Done& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!done() && std::chrono::steady_clock::now() < end) loop.run_pending();
  REQUIRE(done());
}

/// A listening socket whose connections the test reads and answers itself.
class Origin {
 public:
  Origin() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    auto any = *Address::from_ip("127.0.0.1", 0);
    REQUIRE(::bind(listener_.get(), any.data(), any.size()) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    port_ = Address(reinterpret_cast<const sockaddr*>(&bound), size).port();
  }
  std::uint16_t port() const { return port_; }
  InstanceConfig config(const std::string& host = "127.0.0.1") const {
    return {"http://" + host + ":" + std::to_string(port_), host, port_, ""};
  }
  /// -1 when nobody has connected.
  int accept() {
    return ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  }
  /// From now on connections are refused. The port stays ours: nobody else will answer on it.
  void close() { ::shutdown(listener_.get(), SHUT_RDWR); }

 private:
  UniqueFd listener_;
  std::uint16_t port_ = 0;
};

/// What one attempt is told, in words.
class Journal : public http::ResponseHandler {
 public:
  void on_connected() override { text += "connected "; }
  void on_interim(const http::ResponseHead& head) override {
    text += "interim:" + std::to_string(head.status) + " ";
  }
  void on_response(const http::ResponseHead& head, std::span<char> body, bool end) override {
    text += "response:" + std::to_string(head.status) + " ";
    on_response_body(body, end);
  }
  void on_response_body(std::span<char> data, bool end) override {
    if (!data.empty()) text += "body:" + std::string(data.data(), data.size()) + " ";
    if (end) text += "end ";
  }
  void on_upstream_drained() override {}
  void on_upstream_failed(Cause cause, std::string_view) override {
    text += "failed:" + std::string(info(cause).word) + " ";
  }

  bool has(std::string_view word) const { return text.find(word) != std::string::npos; }

  std::string text;
};

/// What the instances of one worker share.
struct Surroundings {
  Loop loop;
  Limits limits;
  Timeouts timeouts;
  PoolConfig pool;
  gateway::test::OwnMeters own;  ///< with 12 instances
  Meters::Instance* instances = (own.resize(0, 12), own.meters.instances.data());
  Resolver resolver{loop};
  std::vector<char> buffer = std::vector<char>(16 << 10);
  EvdnsBasePtr no_dns{evdns_base_new(loop.base(), EVDNS_BASE_DISABLE_WHEN_INACTIVE)};
  InstanceCounters& counters(std::size_t instance = 0) { return own.counters[instance]; }
  InstanceSlot& state(std::size_t instance = 0) { return own.states[instance]; }
  std::uint64_t open_connections(std::size_t instance = 0) {
    return counters(instance).connections_opened.read() -
           counters(instance).connections_closed.read();
  }
  UpstreamContext context{
      {loop, limits, http::HeadParser(limits), buffer, no_dns.get()}, pool, resolver};
};

}  // namespace gateway::upstream::test
