// SPDX-License-Identifier: MIT
#include "process/listeners.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "catch.h"

using namespace gateway;

namespace {

const ListenerConfig kAnyPort{"127.0.0.1", 0};

int option(int socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(socket, level, name, &value, &size);
  return value;
}

}  // namespace

TEST_CASE("a listener listens, without blocking, on the port the kernel picked", "[process]") {
  const auto listeners = open_listeners({kAnyPort}, {});
  REQUIRE(listeners);
  REQUIRE(listeners->size() == 1);
  const Listener& listener = *listeners->front();
  CHECK(listener.configured.to_string() == "127.0.0.1:0");
  CHECK(listener.bound.host() == "127.0.0.1");
  CHECK(listener.bound.port() != 0);
  const int fd = listener.socket.get();
  CHECK(option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1);
  CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a listener that is open already is kept, a new one is opened", "[process]") {
  const auto old = open_listeners({kAnyPort}, {});
  REQUIRE(old);
  const auto both = open_listeners({{"127.0.0.2", 0}, kAnyPort}, *old);
  REQUIRE(both);
  REQUIRE(both->size() == 2);
  CHECK((*both)[0] != old->front());
  CHECK((*both)[1] == old->front());
}

TEST_CASE("a listener closes when the last generation lets go of it", "[process]") {
  auto old = open_listeners({kAnyPort}, {});
  REQUIRE(old);
  const ListenerConfig same{"127.0.0.1", old->front()->bound.port()};
  REQUIRE_FALSE(open_listeners({same}, {}));
  old->clear();
  CHECK(open_listeners({same}, {}));
}

TEST_CASE("an address in use is an error with the address and what to do", "[process]") {
  const auto taken = open_listeners({kAnyPort}, {});
  REQUIRE(taken);
  const auto address = taken->front()->bound;
  const auto again = open_listeners({{address.host(), address.port()}}, {});
  REQUIRE_FALSE(again);
  CHECK(again.error().message ==
        "cannot listen on " + address.to_string() +
            ": Address already in use; stop the program that listens there or choose another "
            "GATEWAY_PORT");
}

TEST_CASE("an address of another machine is an error", "[process]") {
  const auto listeners = open_listeners({{"192.0.2.1", 0}}, {});
  REQUIRE_FALSE(listeners);
  CHECK(listeners.error().message.find("no interface of this machine has it") != std::string::npos);
}
