// SPDX-License-Identifier: MIT
#include "process/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "catch.h"
#include "observe/scratch.h"
#include "util/unique_fd.h"

using namespace gateway;

namespace {

class Fixture {
 public:
  Result<SocketFile> bind() { return SocketFile::bind(socket_.get(), address()); }
  void listen() { REQUIRE(::listen(socket_.get(), 1) == 0); }
  Address address() const { return *Address::from_unix_path(path); }
  bool exists() const { return std::filesystem::exists(path); }
  /// Binds and, as after a crash, leaves the file behind.
  void leave_behind(int type) {
    const UniqueFd socket(::socket(AF_UNIX, type, 0));
    REQUIRE(::bind(socket.get(), address().data(), address().size()) == 0);
  }

  test::ScratchDir scratch;
  const std::string path = scratch.file("gateway.sock");

 private:
  UniqueFd socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

std::string message_of(const Result<SocketFile>& result) {
  return result ? "no error" : result.error().message;
}

}  // namespace

TEST_CASE("everybody may connect to a socket file, whatever the umask", "[process]") {
  Fixture f;
  const mode_t before = umask(077);
  const auto file = f.bind();
  umask(before);
  REQUIRE(file);
  struct stat found {};
  REQUIRE(stat(f.path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0666);
}

TEST_CASE("a socket file is gone when it is let go of", "[process]") {
  Fixture f;
  {
    auto file = f.bind();
    REQUIRE(file);
    const SocketFile moved = *std::move(file);
    CHECK(f.exists());
  }
  CHECK_FALSE(f.exists());
}

TEST_CASE("a socket file is not removed by a process that inherited it", "[process]") {
  Fixture f;
  const auto file = f.bind();
  REQUIRE(file);
  const pid_t pid = fork();
  if (pid == 0) {
    { const SocketFile inherited = std::move(const_cast<SocketFile&>(*file)); }
    _exit(0);
  }
  waitpid(pid, nullptr, 0);
  CHECK(f.exists());
}

TEST_CASE("a file that took the place of a socket file stays", "[process]") {
  Fixture f;
  {
    const auto file = f.bind();
    REQUIRE(file);
    std::filesystem::rename(f.path, f.path + ".old");  // keeps the inode from being used again
    std::ofstream(f.path) << "another";
  }
  CHECK(f.exists());
}

TEST_CASE("a socket file that nobody answers on is replaced", "[process]") {
  Fixture f;
  f.leave_behind(SOCK_STREAM);
  CHECK(message_of(f.bind()) == "no error");
}

TEST_CASE("a socket file that somebody answers on is an error", "[process]") {
  Fixture first;
  const auto file = first.bind();
  REQUIRE(file);
  first.listen();
  const UniqueFd second(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(message_of(SocketFile::bind(second.get(), first.address())) ==
        "cannot listen on unix:" + first.path +
            ": Address already in use; stop the program that listens there or choose another path");
  CHECK(first.exists());
}

TEST_CASE("a file that is no socket is left alone", "[process]") {
  Fixture f;
  std::ofstream(f.path) << "precious";
  CHECK(message_of(f.bind()) ==
        "cannot listen on unix:" + f.path +
            ": there is a file that is no socket; remove it or choose another path");
  CHECK(test::read_file(f.path) == "precious");
}

TEST_CASE("a directory that is not there is an error with what to do", "[process]") {
  Fixture f;
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = *Address::from_unix_path(f.scratch.file("none/s"));
  CHECK(message_of(SocketFile::bind(socket.get(), address))
            .ends_with(": No such file or directory; create its directory first"));
}
