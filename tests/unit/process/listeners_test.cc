// SPDX-License-Identifier: MIT
#include "process/listeners.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <filesystem>
#include <string>

#include "catch.h"
#include "observe/scratch.h"

using namespace gateway;

namespace {

ListenerConfig tcp(std::string host, std::uint16_t port) {
  ListenerConfig config;
  config.host = std::move(host);
  config.port = port;
  return config;
}

const ListenerConfig kAnyPort = tcp("127.0.0.1", 0);

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
  const auto both = open_listeners({tcp("127.0.0.2", 0), kAnyPort}, *old);
  REQUIRE(both);
  REQUIRE(both->size() == 2);
  CHECK((*both)[0] != old->front());
  CHECK((*both)[1] == old->front());
}

TEST_CASE("listeners on any port stay apart through a reload", "[process]") {
  const auto old = open_listeners({kAnyPort, kAnyPort}, {});
  REQUIRE(old);
  const auto both = open_listeners({kAnyPort, kAnyPort}, *old);
  REQUIRE(both);
  CHECK(*both == *old);
}

TEST_CASE("a listener closes when the last generation lets go of it", "[process]") {
  auto old = open_listeners({kAnyPort}, {});
  REQUIRE(old);
  const ListenerConfig same = tcp("127.0.0.1", old->front()->bound.port());
  REQUIRE_FALSE(open_listeners({same}, {}));
  old->clear();
  CHECK(open_listeners({same}, {}));
}

TEST_CASE("an address in use is an error with the address and what to do", "[process]") {
  const auto taken = open_listeners({kAnyPort}, {});
  REQUIRE(taken);
  const auto address = taken->front()->bound;
  const auto again = open_listeners({tcp(address.host(), address.port())}, {});
  REQUIRE_FALSE(again);
  CHECK(again.error().message ==
        "cannot listen on " + address.to_string() +
            ": Address already in use; stop the program that listens there or choose another "
            "GATEWAY_PORT");
}

TEST_CASE("an address of another machine is an error", "[process]") {
  const auto listeners = open_listeners({tcp("192.0.2.1", 0)}, {});
  REQUIRE_FALSE(listeners);
  CHECK(listeners.error().message.find("no interface of this machine has it") != std::string::npos);
}

TEST_CASE("a unix socket is kept like any other, and its file removed at the end", "[process]") {
  test::ScratchDir scratch;
  ListenerConfig config;
  config.unix_path = scratch.file("gateway.sock");
  auto old = open_listeners({config}, {});
  REQUIRE(old);
  CHECK(old->front()->bound.to_string() == "unix:" + config.unix_path);
  const int fd = old->front()->socket.get();
  CHECK(option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1);
  CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  {
    const auto both = open_listeners({kAnyPort, config}, *old);
    REQUIRE(both);
    CHECK((*both)[1] == old->front());
    old->clear();
    CHECK(std::filesystem::exists(config.unix_path));
  }
  CHECK_FALSE(std::filesystem::exists(config.unix_path));
}

TEST_CASE("the path of a unix socket is absolute and fits", "[process]") {
  for (const std::string& path : {std::string("s"), "/" + std::string(200, 'a')}) {
    ListenerConfig config;
    config.unix_path = path;
    CHECK_FALSE(open_listeners({config}, {}));
  }
}

namespace {

/// A socket as a service manager passes it on.
InheritedSocket inherited(const std::string& host, const std::string& name) {
  const auto opened = open_listeners({tcp(host, 0)}, {});
  REQUIRE(opened);
  const Listener& listener = *opened->front();
  return {UniqueFd(fcntl(listener.socket.get(), F_DUPFD_CLOEXEC, 0)), listener.bound, name};
}

}  // namespace

TEST_CASE("inherited sockets go to listeners by address, name or host", "[process]") {
  std::vector<InheritedSocket> sockets;
  sockets.push_back(inherited("127.0.0.1", ""));
  sockets.push_back(inherited("127.0.0.2", "public"));
  sockets.push_back(inherited("127.0.0.3", ""));
  sockets.push_back(inherited("127.0.0.4", "nobody"));
  const std::uint16_t port = sockets[0].address.port();
  ListenerConfig by_name = tcp("127.0.0.9", 1);
  by_name.name = "public";
  const std::vector<ListenerConfig> configs{tcp("127.0.0.3", 0), by_name, tcp("127.0.0.1", port)};

  const Listeners adopted = adopt_listeners(configs, sockets, /*own_files=*/false);
  REQUIRE(adopted.size() == 3);
  REQUIRE(sockets.size() == 1);
  CHECK(sockets[0].name == "nobody");

  const auto listeners = open_listeners(configs, adopted);
  REQUIRE(listeners);
  CHECK((*listeners)[0]->bound.host() == "127.0.0.3");
  CHECK((*listeners)[1]->bound.host() == "127.0.0.2");
  CHECK((*listeners)[2]->bound.host() == "127.0.0.1");
}

TEST_CASE("the exact address goes before a port that does not matter", "[process]") {
  std::vector<InheritedSocket> sockets;
  sockets.push_back(inherited("127.0.0.1", ""));
  const std::uint16_t port = sockets[0].address.port();
  const Listeners adopted =
      adopt_listeners({kAnyPort, tcp("127.0.0.1", port)}, sockets, /*own_files=*/false);
  REQUIRE(adopted.size() == 1);
  CHECK(adopted[0]->configured.port() == port);
}
