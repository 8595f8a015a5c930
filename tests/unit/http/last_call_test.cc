// SPDX-License-Identifier: MIT
#include "http/last_call.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "catch.h"
#include "util/address.h"
#include "util/unique_fd.h"

namespace gateway::http {
namespace {

bool is_readable(const UniqueFd& socket, int timeout_ms) {
  pollfd watched{socket.get(), POLLIN, 0};
  return ::poll(&watched, 1, timeout_ms) > 0;
}

/// A listening socket, and where it is.
struct Listening {
  explicit Listening(const char* ip)
      : address(*Address::from_ip(ip, 0)),
        socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(::bind(socket.get(), address.data(), address.size()) == 0);
    REQUIRE(::listen(socket.get(), 16) == 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    address = Address(reinterpret_cast<const sockaddr*>(&bound), size);
  }

  /// On loopback a handshake is over when connect returns, or waits for a second SYN.
  bool shakes_hands(const UniqueFd& client) const {
    return ::connect(client.get(), address.data(), address.size()) == 0;
  }
  UniqueFd client() const {
    return UniqueFd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  }

  Address address;
  UniqueFd socket;
};

bool has_ipv6() {
  const UniqueFd probe(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const Address address = *Address::from_ip("::1", 0);
  return probe.get() >= 0 && ::bind(probe.get(), address.data(), address.size()) == 0;
}

void check_last_call(const char* ip) {
  const Listening listening(ip);
  const UniqueFd early = listening.client();
  CHECK((listening.shakes_hands(early) || errno == EINPROGRESS));
  REQUIRE(is_readable(listening.socket, -1));
  refuse_new_handshakes(listening.socket.get());
  const UniqueFd late = listening.client();
  CHECK_FALSE(listening.shakes_hands(late));
  CHECK(errno == EINPROGRESS);
  const UniqueFd accepted(::accept(listening.socket.get(), nullptr, nullptr));
  REQUIRE(accepted.get() >= 0);
  CHECK_FALSE(is_readable(listening.socket, 50));
  REQUIRE(::send(early.get(), "x", 1, MSG_NOSIGNAL) == 1);
  CHECK(is_readable(accepted, -1));
}

}  // namespace

TEST_CASE("after the last call who came before is served and nobody else let in", "[http]") {
  check_last_call("127.0.0.1");
  if (has_ipv6()) check_last_call("::1");
}

TEST_CASE("a connection that inherited the last call is heard again", "[http]") {
  const Listening listening("127.0.0.1");
  const UniqueFd client = listening.client();
  CHECK((listening.shakes_hands(client) || errno == EINPROGRESS));
  REQUIRE(is_readable(listening.socket, -1));
  const UniqueFd accepted(::accept(listening.socket.get(), nullptr, nullptr));
  refuse_new_handshakes(accepted.get());  // as if it had
  REQUIRE(::send(client.get(), "x", 1, MSG_NOSIGNAL) == 1);
  CHECK_FALSE(is_readable(accepted, 50));
  hear(accepted.get());
  CHECK(is_readable(accepted, -1));
}

}  // namespace gateway::http
