// SPDX-License-Identifier: MIT
#include "process/control_server.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "catch.h"
#include "observe/scratch.h"
#include "util/address.h"

using namespace gateway;

namespace {

class Fixture {
 public:
  UniqueFd client() const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Address address = *Address::from_unix_path(path);
    REQUIRE(::connect(fd.get(), address.data(), address.size()) == 0);
    return fd;
  }
  void look_after() {
    server.look_after([this](ControlServer::ClientId id, std::string_view request) {
      ids.push_back(id);
      requests.emplace_back(request);
    });
  }
  static std::string received(const UniqueFd& fd) {
    char bytes[512];
    const ssize_t length = ::recv(fd.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    return length > 0 ? std::string(bytes, static_cast<std::size_t>(length)) : std::string();
  }
  static void send(const UniqueFd& fd, std::string_view text) {
    REQUIRE(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) > 0);
  }
  static bool is_ended(const UniqueFd& fd) {
    char byte = 0;
    return ::recv(fd.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

  test::ScratchDir scratch;
  const std::string path = scratch.file("control.sock");
  ControlServer server = *ControlServer::listen(path);
  std::vector<ControlServer::ClientId> ids;
  std::vector<std::string> requests;
};

}  // namespace

TEST_CASE("a request is answered in parts, then the connection ends", "[process]") {
  Fixture f;
  const UniqueFd client = f.client();
  Fixture::send(client, "rel");
  f.look_after();
  CHECK(f.requests.empty());
  Fixture::send(client, "oad\n");
  f.look_after();
  REQUIRE(f.requests == std::vector<std::string>{"reload"});
  f.server.answer(f.ids[0], "one\n", /*is_last=*/false);
  CHECK(Fixture::received(client) == "one\n");
  CHECK_FALSE(Fixture::is_ended(client));
  f.server.answer(f.ids[0], "two\n", /*is_last=*/true);
  CHECK(Fixture::received(client) == "two\n");
  CHECK(Fixture::is_ended(client));
}

TEST_CASE("a client that has gone is forgotten", "[process]") {
  Fixture f;
  UniqueFd client = f.client();
  Fixture::send(client, "status\n");
  f.look_after();
  client.reset();
  f.look_after();
  f.server.answer(f.ids.at(0), "too late\n", /*is_last=*/true);
  std::vector<pollfd> polled;
  f.server.add_to(polled);
  CHECK(polled.size() == 1);  // the listening one
}

TEST_CASE("an answer larger than the socket takes waits for its client", "[process]") {
  Fixture f;
  const UniqueFd client = f.client();
  Fixture::send(client, "status\n");
  f.look_after();
  const std::string large(4 << 20, 'x');
  f.server.answer(f.ids.at(0), large, /*is_last=*/true);
  std::size_t count = 0;
  for (int i = 0; i < 100'000 && count < large.size(); i++) {
    count += Fixture::received(client).size();
    if (i % 100 == 0) f.look_after();
  }
  CHECK(count == large.size());
  CHECK(Fixture::is_ended(client));
}

TEST_CASE("not more clients than there are places are taken", "[process]") {
  Fixture f;
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < ControlServer::kMostClients + 1; i++) clients.push_back(f.client());
  Fixture::send(clients.back(), "status\n");
  f.look_after();
  CHECK(f.requests.empty());
  clients.front().reset();
  f.look_after();
  f.look_after();
  CHECK(f.requests.size() == 1);
}

TEST_CASE("only the owner may use the socket, and it goes with the server", "[process]") {
  test::ScratchDir scratch;
  const std::string path = scratch.file("control.sock");
  {
    const auto server = ControlServer::listen(path);
    REQUIRE(server);
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the socket can be put elsewhere while clients are there", "[process]") {
  Fixture f;
  REQUIRE(f.server.move_to(f.path + ".old"));
  CHECK_FALSE(std::filesystem::exists(f.path));
  CHECK(std::filesystem::exists(f.path + ".old"));
}
