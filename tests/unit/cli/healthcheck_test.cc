// SPDX-License-Identifier: MIT
#include "cli/healthcheck.h"

#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>

#include "catch.h"
#include "util/unique_fd.h"

using namespace gateway;

namespace {

/// A socket bound to loopback, which does not listen.
struct BoundSocket {
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM, 0)};
  Address address;

  BoundSocket() {
    const Address any = *Address::parse("127.0.0.1:0");
    REQUIRE(bind(fd.get(), any.data(), any.size()) == 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof(bound);
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    address = Address(reinterpret_cast<const sockaddr*>(&bound), size);
  }
};

/// Accepts one connection on loopback, reads a request and answers with `reply`.
class OneAnswer {
 public:
  explicit OneAnswer(std::string reply) {
    REQUIRE(listen(socket_.fd.get(), 1) == 0);
    thread_ = std::thread([this, reply = std::move(reply)] {
      const UniqueFd client(accept(socket_.fd.get(), nullptr, nullptr));
      std::array<char, 1024> request{};
      recv(client.get(), request.data(), request.size(), 0);
      send(client.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
    });
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  ~OneAnswer() { thread_.join(); }

  const Address& address() const { return socket_.address; }

 private:
  BoundSocket socket_;
  std::thread thread_;
};

constexpr Milliseconds kLong{10'000};

Result<Address> address_of(const std::string& host, std::uint16_t port) {
  ListenerConfig listener;
  listener.host = host;
  listener.port = port;
  return cli::healthcheck_address(listener);
}

}  // namespace

TEST_CASE("a gateway that listens everywhere is asked on the loopback address", "[cli]") {
  CHECK(address_of("0.0.0.0", 8000)->to_string() == "127.0.0.1:8000");
  CHECK(address_of("::", 8000)->to_string() == "[::1]:8000");
  CHECK(address_of("192.0.2.1", 80)->to_string() == "192.0.2.1:80");
  CHECK_FALSE(address_of("0.0.0.0", 0));
  ListenerConfig socket;
  socket.unix_path = "/run/x.sock";
  CHECK(cli::healthcheck_address(socket)->to_string() == "unix:/run/x.sock");
}

TEST_CASE("what listens everywhere is reached on the loopback address", "[cli]") {
  const auto reached = [](const char* bound) {
    return cli::on_this_machine(*Address::parse(bound)).to_string();
  };
  CHECK(reached("0.0.0.0:8000") == "127.0.0.1:8000");
  CHECK(reached("[::]:8000") == "[::1]:8000");
  CHECK(reached("192.0.2.1:80") == "192.0.2.1:80");
  CHECK(reached("unix:/run/x.sock") == "unix:/run/x.sock");
}

TEST_CASE("a gateway that answers 200 is healthy", "[cli]") {
  const OneAnswer gateway("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(cli::check_health(gateway.address(), kLong));
}

TEST_CASE("any other answer is unhealthy, and is told", "[cli]") {
  const OneAnswer gateway("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  const Status status = cli::check_health(gateway.address(), kLong);
  REQUIRE_FALSE(status);
  CHECK(status.error().message == "the answer is \"HTTP/1.1 503 Service Unavailable\"");
}

TEST_CASE("a connection closed without an answer is unhealthy", "[cli]") {
  const OneAnswer gateway("");
  CHECK_FALSE(cli::check_health(gateway.address(), kLong));
}

TEST_CASE("an address that nobody listens on is unhealthy", "[cli]") {
  const BoundSocket socket;
  const Status status = cli::check_health(socket.address, kLong);
  REQUIRE_FALSE(status);
  CHECK(status.error().message == "cannot connect: Connection refused");
}

TEST_CASE("a gateway that does not answer in time is unhealthy", "[cli]") {
  // The backlog accepts the connection, nobody ever reads from it.
  const BoundSocket socket;
  REQUIRE(listen(socket.fd.get(), 1) == 0);
  const Status status = cli::check_health(socket.address, Milliseconds(50));
  REQUIRE_FALSE(status);
  CHECK(status.error().message == "no answer: timed out");
}
