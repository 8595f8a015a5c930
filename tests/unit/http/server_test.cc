// SPDX-License-Identifier: MIT
#include "http/server.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "catch.h"
#include "observe/scratch.h"
#include "util/address.h"
#include "util/unique_fd.h"

namespace gateway::http {
namespace {

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

constexpr Milliseconds kQuiet{10'000};

/// Answers each request with who asks: "peer port trusted".
class Introducer : public Handler, private ExchangeHandler {
 public:
  void on_request(Exchange& exchange) override { exchange.set_handler(*this); }

 private:
  void on_body(Exchange& exchange, std::span<char>, bool) override {
    std::string body(exchange.peer());
    body += " " + std::to_string(exchange.local_port());
    body += exchange.peer_is_trusted() ? " trusted" : "";
    head_.clear();
    head_.status_line(200, "OK").field("Content-Length", body.size());
    exchange.send_head(head_, ReplyFraming::Length, body, /*end=*/true);
  }
  void on_body_failed(Exchange&, Cause) override {}
  void on_drained(Exchange&) override {}
  void on_finished(Exchange&, Cause) override {}

  HeadWriter head_;
};

class Fixture {
 public:
  explicit Fixture(std::uint64_t max_connections = kUnlimited, const Address& address = tcp(),
                   const std::vector<Network>& trusted = {})
      : server(loop, handler_, {{}, {}, max_connections}),
        listener_(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    REQUIRE(::bind(listener_.get(), address.data(), address.size()) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    address_ = Address(reinterpret_cast<const sockaddr*>(&bound), size);
    server.listen(listener_.get(), trusted);
  }

  static Address tcp() { return *Address::from_ip("127.0.0.1", 0); }
  const Address& address() const { return address_; }
  /// What the server has is a duplicate.
  void close_own() { listener_.reset(); }
  std::uint16_t port() const { return address_.port(); }

  /// A client whose request (or what there is of it) is in the listener's queue.
  UniqueFd client(std::string_view request = kRequest) {
    UniqueFd socket(::socket(address_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(socket.get(), address_.data(), address_.size()) == 0);
    REQUIRE(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0);
    return socket;
  }
  /// What has come so far.
  static std::string received(const UniqueFd& socket) {
    char bytes[1024];
    const ssize_t length = ::recv(socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    return length > 0 ? std::string(bytes, static_cast<std::size_t>(length)) : std::string();
  }
  std::string answer(const UniqueFd& socket) {
    std::string text;
    run_until([&] {
      text = received(socket);
      return !text.empty();
    });
    return text;
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

 private:
  Introducer handler_;

 public:
  Loop loop;
  Server server;

 private:
  UniqueFd listener_;
  Address address_;
};

TEST_CASE("a client of a unix socket is called so and has no port", "[http]") {
  gateway::test::ScratchDir scratch;
  Fixture f(kUnlimited, *Address::from_unix_path(scratch.file("s")),
            {*Network::parse("0.0.0.0/0"), *Network::parse("::/0")});
  CHECK(f.answer(f.client()).ends_with("\r\n\r\nunix 0"));
}

TEST_CASE("a client in a trusted network is known as such", "[http]") {
  Fixture trusting(kUnlimited, Fixture::tcp(), {*Network::parse("127.0.0.0/8")});
  CHECK(trusting.answer(trusting.client())
            .ends_with("127.0.0.1 " + std::to_string(trusting.port()) + " trusted"));
  Fixture other(kUnlimited, Fixture::tcp(), {*Network::parse("10.0.0.0/8")});
  CHECK(other.answer(other.client()).ends_with("127.0.0.1 " + std::to_string(other.port())));
}

TEST_CASE("no more connections are accepted than there may be", "[http]") {
  constexpr std::string_view kHalf = "GET / HTTP/1.1\r\n";
  Fixture f(/*max_connections=*/2);
  UniqueFd clients[] = {f.client(kHalf), f.client(kHalf), f.client(kHalf), f.client()};
  f.run_until([&] { return f.server.connections() == 2; });
  for (int i = 0; i < 20; i++) f.loop.run_pending();
  CHECK(f.server.connections() == 2);

  clients[0].reset();
  f.run_until([&] { return f.server.connections() == 2; });
  CHECK(Fixture::received(clients[3]).empty());

  clients[1].reset();
  CHECK_FALSE(f.answer(clients[3]).empty());
}

TEST_CASE("the connection that is idle for longest makes room for one that waits", "[http]") {
  Fixture f(/*max_connections=*/3);
  UniqueFd busy = f.client("GET / HTTP/1.1\r\n");
  UniqueFd older = f.client();
  f.answer(older);
  const auto tick = f.loop.now() + 2;
  f.run_until([&] { return f.loop.now() > tick; });
  UniqueFd younger = f.client();
  f.answer(younger);
  UniqueFd waiting = f.client();
  CHECK_FALSE(f.answer(waiting).empty());
  CHECK(f.server.connections() == 3);
  const auto is_closed = [](const UniqueFd& socket) {
    char byte = 0;
    return ::recv(socket.get(), &byte, 1, MSG_DONTWAIT) == 0;
  };
  CHECK(is_closed(older));
  CHECK_FALSE(is_closed(younger));
  REQUIRE(::send(busy.get(), "Host: h\r\n\r\n", 11, MSG_NOSIGNAL) == 11);
  CHECK_FALSE(f.answer(busy).empty());
}

TEST_CASE("below the limit accepting goes on", "[http]") {
  Fixture f(/*max_connections=*/1);
  for (int i = 0; i < 5; i++) CHECK_FALSE(f.answer(f.client()).empty());
}

// Whether the next wait of a loop in this process would return at once.
bool would_wake() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (gone || target != "anon_inode:[eventpoll]") continue;
    pollfd watched{std::stoi(entry.path().filename()), POLLIN, 0};
    if (::poll(&watched, 1, 0) != 0) return true;
  }
  return false;
}

TEST_CASE("a draining server sleeps while connections wait for others", "[http]") {
  Fixture f;
  const UniqueFd client = f.client();
  f.answer(client);
  f.server.drain({kQuiet, {}}, [] {});
  const UniqueFd waiting = f.client();  // its listener is still open: the test's own
  f.run_until([] { return !would_wake(); });
  CHECK(Fixture::received(waiting).empty());
}

TEST_CASE("a full server can be drained", "[http]") {
  Fixture f(/*max_connections=*/1);
  UniqueFd client = f.client();
  f.answer(client);
  bool is_drained = false;
  f.server.drain({kQuiet, {}}, [&] { is_drained = true; });
  client.reset();
  f.run_until([&] { return is_drained; });
  CHECK(f.server.connections() == 0);
}

TEST_CASE("an idle connection of a draining server may bring one more request", "[http]") {
  Fixture f;
  const UniqueFd client = f.client();
  CHECK(f.answer(client).find("Connection: close") == std::string::npos);
  f.server.drain({kQuiet, {}}, [] {});
  for (int i = 0; i < 20; i++) f.loop.run_pending();
  REQUIRE(::send(client.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) > 0);
  CHECK(f.answer(client).find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("after the quiet time an idle connection ends with a FIN", "[http]") {
  Fixture f;
  const UniqueFd client = f.client();
  f.answer(client);
  f.server.drain({Milliseconds(0), {}}, [] {});
  char byte = 0;
  f.run_until([&] { return ::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0; });
  // Who has not seen it yet is not reset.
  REQUIRE(::send(client.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) > 0);
  for (int i = 0; i < 20; i++) f.loop.run_pending();
  CHECK(::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0);
}

TEST_CASE("of pipelined requests all are answered before a draining server closes", "[http]") {
  Fixture f;
  const UniqueFd client = f.client();
  f.answer(client);
  f.server.drain({kQuiet, {}}, [] {});
  const std::string three = std::string(kRequest) + std::string(kRequest) + std::string(kRequest);
  REQUIRE(::send(client.get(), three.data(), three.size(), MSG_NOSIGNAL) > 0);
  std::string text;
  f.run_until([&] {
    text += Fixture::received(client);
    return text.find("Connection: close") != std::string::npos;
  });
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = text.find("HTTP/1.1 200", at)) != std::string::npos; at++)
    answers++;
  CHECK(answers == 3);
  CHECK(text.find("Connection: close") > text.rfind("HTTP/1.1 200"));
}

TEST_CASE("who waits in a listener that ends is answered, who comes later is refused", "[http]") {
  Fixture f;
  const UniqueFd waiting[] = {f.client(), f.client(), f.client()};
  bool is_drained = false;
  bool is_closed = false;
  f.server.drain({kQuiet, {true}, [&] { is_closed = true; }}, [&] { is_drained = true; });
  f.close_own();
  for (const UniqueFd& client : waiting) {
    CHECK(f.answer(client).find("Connection: close\r\n") != std::string::npos);
  }
  f.run_until([&] { return is_drained; });
  CHECK(is_closed);
  const UniqueFd late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(::connect(late.get(), f.address().data(), f.address().size()) == -1);
  CHECK(errno == ECONNREFUSED);
}

}  // namespace
}  // namespace gateway::http
