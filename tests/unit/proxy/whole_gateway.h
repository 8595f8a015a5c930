// SPDX-License-Identifier: MIT
//
// A whole gateway in one process: a server, a Gateway, and services that answer what they are
// told to, all on one loop. For what only a configuration file can ask for.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catch.h"
#include "http/server.h"
#include "observe/meters.h"
#include "observe/scratch.h"
#include "proxy/gateway.h"
#include "upstream/loopback.h"

namespace gateway::proxy::test {

/// Answers each request with `answer`, once its head is there; never when that is empty.
class AnsweringOrigin : public upstream::test::Origin {
 public:
  std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  std::vector<std::string> heads;  ///< of the requests that came

  void serve() {
    for (int fd = accept(); fd >= 0; fd = accept()) peers_.emplace_back().socket.reset(fd);
    for (Peer& peer : peers_) {
      char bytes[4096];
      const ssize_t received = ::recv(peer.socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (received <= 0) continue;
      peer.input.append(bytes, static_cast<std::size_t>(received));
      const auto end = peer.input.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      heads.push_back(peer.input.substr(0, end + 4));
      peer.input.erase(0, end + 4);
      ::send(peer.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  /// Resets all connections, at once.
  void reset() {
    for (Peer& peer : peers_) {
      const linger now{1, 0};
      ::setsockopt(peer.socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    peers_.clear();
  }

 private:
  struct Peer {
    UniqueFd socket;
    std::string input;
  };
  std::list<Peer> peers_;
};

class WholeGateway {
 public:
  /// A route of `prefix` that `service` answers; empty: none does yet.
  RouteConfig& add_route(const std::string& prefix, const std::string& service = "s") {
    RouteConfig route;
    route.name = "r" + std::to_string(config.routes.size());
    route.match.path_prefix = prefix;
    route.rewrite_prefix = "/";
    route.service = service;
    config.routes.push_back(route);
    return config.routes.back();
  }
  /// A service whose only instance is the new origin.
  AnsweringOrigin& add_service(const std::string& name = "s") {
    ServiceConfig service;
    service.name = name;
    config.services.push_back(service);
    return add_instance();
  }
  /// One more instance of the last service.
  AnsweringOrigin& add_instance() {
    AnsweringOrigin& origin = origins.emplace_back();
    config.services.back().instances.push_back(origin.config());
    return origin;
  }

  /// The answer to `request`, which asks for Connection: close or makes the gateway close.
  std::string ask(const std::string& request) {
    if (!server_) start();
    const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(client.get(), address_.data(), address_.size()) == 0);
    REQUIRE(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()));
    std::string reply;
    upstream::test::run_until(loop, [&] {
      for (AnsweringOrigin& origin : origins) origin.serve();
      char bytes[4096];
      const ssize_t received = ::recv(client.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (received > 0) reply.append(bytes, static_cast<std::size_t>(received));
      return received == 0 || (received < 0 && errno != EAGAIN);
    });
    return reply;
  }
  /// The answer to a request without body; `fields` are whole lines.
  std::string get(const std::string& target, const std::string& fields = {},
                  const std::string& method = "GET") {
    return ask(method + " " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + fields +
               "\r\n");
  }

  /// What the access log says so far.
  std::string access_log() {
    access_log_->flush();
    log_->flush();
    return gateway::test::read_file(scratch_.file("access"));
  }

  Config config;
  gateway::test::OwnMeters counted;
  Loop loop;
  std::list<AnsweringOrigin> origins;
  std::function<void()> on_request = [] {};  ///< called before anything is done about one
  std::uint16_t port() const { return address_.port(); }

 private:
  /// No path is an endpoint.
  class NoEndpoints : public http::Responder {
   public:
    explicit NoEndpoints(const std::function<void()>& asked) : asked_(asked) {}
    std::optional<http::Reply> respond(const http::RequestHead&) override {
      asked_();
      return std::nullopt;
    }

   private:
    const std::function<void()>& asked_;
  };

  void start() {
    auto output = LogOutput::open(scratch_.file("access"));
    REQUIRE(output);
    log_.emplace(*std::move(output));
    access_log_.emplace(*log_, 0U, 1U, config.logs.access_fields, config.logs.redact_query);
    counted.resize(config.routes.size(), origins.size());
    gateway_ = std::make_unique<Gateway>(
        loop, GatewayParts{config, endpoints_, *access_log_, counted.meters});
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const Address any = *Address::from_ip("127.0.0.1", 0);
    REQUIRE(::bind(listener_.get(), any.data(), any.size()) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    address_ = Address(reinterpret_cast<const sockaddr*>(&bound), size);
    server_ = std::make_unique<http::Server>(loop, *gateway_, http::ServerOptions{});
    server_->listen(listener_.get(), config.listeners.front().trusted_proxies);
  }

  gateway::test::ScratchDir scratch_;
  NoEndpoints endpoints_{on_request};
  std::optional<LogOutput> log_;
  std::optional<AccessLog> access_log_;
  std::unique_ptr<Gateway> gateway_;
  UniqueFd listener_;
  Address address_;
  std::unique_ptr<http::Server> server_;
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace gateway::proxy::test
