// SPDX-License-Identifier: MIT
//
// One real exchange over loopback: what needs an Exchange is tested with one.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "event/loop.h"
#include "http/server.h"
#include "util/address.h"
#include "util/network.h"
#include "util/unique_fd.h"

namespace gateway::proxy::test {

class OneExchange : private http::Handler, private http::ExchangeHandler {
 public:
  using OnRequest = std::function<void(http::Exchange&)>;

  OneExchange() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const Address any = *Address::from_ip("127.0.0.1", 0);
    REQUIRE(::bind(listener_.get(), any.data(), any.size()) == 0);
    REQUIRE(::listen(listener_.get(), 4) == 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    address_ = Address(reinterpret_cast<const sockaddr*>(&bound), size);
  }

  std::uint16_t port() const { return address_.port(); }

  /// Sends `request` and calls back with its exchange; what that callback does not answer stays
  /// unanswered.
  void ask(const std::string& request, OnRequest on_request) {
    http::Server server(loop, *this, {});
    const UniqueFd client = send(server, request, std::move(on_request));
    run_until([&] { return on_request_ == nullptr; });
  }

  /// The same, for a callback that answers: returns the answer. The client asks for
  /// Connection: close.
  std::string answer(
      const std::string& request, OnRequest on_request,
      const OnRequest& on_end = [](http::Exchange&) {}) {
    http::Server server(loop, *this, {});
    on_end_ = on_end;
    const UniqueFd client = send(server, request, std::move(on_request));
    std::string reply;
    ssize_t received = -1;
    run_until([&] {
      char bytes[4096];
      received = ::recv(client.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (received > 0) reply.append(bytes, static_cast<std::size_t>(received));
      return received == 0;
    });
    return reply;
  }

  /// The listener's; 127.0.0.1 is the peer.
  std::vector<Network> trusted;
  Loop loop;

 private:
  UniqueFd send(http::Server& server, const std::string& request, OnRequest on_request) {
    on_request_ = std::move(on_request);
    server.listen(listener_.get(), trusted);
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(client.get(), address_.data(), address_.size()) == 0);
    REQUIRE(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()));
    return client;
  }

  template <class Done>
  void run_until(const Done& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    bool is_done = false;
    while (!is_done && std::chrono::steady_clock::now() < end) {
      loop.run_pending();
      is_done = done();
    }
    REQUIRE(is_done);
  }

  void on_request(http::Exchange& exchange) override {
    exchange.set_handler(*this);
    std::exchange(on_request_, nullptr)(exchange);
  }
  void on_body(http::Exchange&, std::span<char>, bool) override {}
  void on_body_failed(http::Exchange&, Cause) override {}
  void on_drained(http::Exchange&) override {}
  void on_finished(http::Exchange& exchange, Cause) override {
    if (on_end_) on_end_(exchange);
  }

  UniqueFd listener_;
  Address address_;
  OnRequest on_request_;
  OnRequest on_end_;
};

}  // namespace gateway::proxy::test
