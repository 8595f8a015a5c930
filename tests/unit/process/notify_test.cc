// SPDX-License-Identifier: MIT
#include "process/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "catch.h"
#include "observe/scratch.h"

using namespace gateway;

namespace {

/// What a service manager is, as far as this goes.
class Listener {
 public:
  explicit Listener(std::string name) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    if (name.front() == '@') name.front() = '\0';
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
  }
  ~Listener() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
  std::string next() const {
    char bytes[512];
    const ssize_t length = recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    return length > 0 ? std::string(bytes, static_cast<std::size_t>(length)) : std::string();
  }

 private:
  UniqueFd socket_{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

}  // namespace

TEST_CASE("a service manager is told by a path or an abstract name", "[process]") {
  const test::ScratchDir scratch;
  const std::string abstract = "@gateway-test-" + std::to_string(getpid());
  for (const std::string& name : {scratch.file("notify"), abstract}) {
    CAPTURE(name);
    const Listener listener(name);
    ServiceManager manager;
    CHECK(manager.is_there());
    manager.ready("fine");
    CHECK(listener.next() == "READY=1\nSTATUS=fine");
    manager.reloading();
    CHECK(listener.next().find("RELOADING=1\nMONOTONIC_USEC=") == 0);
    manager.stopping(Milliseconds(8000));
    CHECK(listener.next().find("EXTEND_TIMEOUT_USEC=13000000") != std::string::npos);
    manager.main_pid(42);
    CHECK(listener.next() == "MAINPID=42");
  }
}

TEST_CASE("without a service manager nothing is said", "[process]") {
  unsetenv("NOTIFY_SOCKET");
  ServiceManager manager;
  CHECK_FALSE(manager.is_there());
  manager.ready("fine");
  CHECK(manager.next_due() == UINT64_MAX);
}

TEST_CASE("the watchdog is fed twice as often as it asks for", "[process]") {
  const test::ScratchDir scratch;
  const Listener listener(scratch.file("notify"));
  setenv("WATCHDOG_USEC", "20000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  ServiceManager manager;
  manager.look_after();
  CHECK(listener.next() == "WATCHDOG=1");
  manager.look_after();
  CHECK(listener.next().empty());
  usleep(10'000);
  manager.look_after();
  CHECK(listener.next() == "WATCHDOG=1");

  setenv("WATCHDOG_PID", "1", 1);  // somebody else is watched
  CHECK(ServiceManager().next_due() == UINT64_MAX);
}
