// SPDX-License-Identifier: MIT
#include "process/pid_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "catch.h"
#include "observe/scratch.h"

using namespace gateway;

namespace {

/// Another process that has the pid file, until this object's end. (A process sees no lock of its
/// own.)
class OtherMaster {
 public:
  explicit OtherMaster(const std::string& path) {
    std::array<int, 2> started{};
    std::array<int, 2> stop{};
    REQUIRE(pipe(started.data()) == 0);
    REQUIRE(pipe(stop.data()) == 0);
    pid_ = fork();
    if (pid_ == 0) {
      close(stop[1]);
      const auto file = PidFile::create(path);
      char byte = file ? '+' : '-';
      const bool told = write(started[1], &byte, 1) == 1;
      while (read(stop[0], &byte, 1) > 0) {
      }
      _exit(told ? 0 : 1);  // as in a crash: the file stays
    }
    char byte = 0;
    REQUIRE(read(started[0], &byte, 1) == 1);
    REQUIRE(byte == '+');
    for (const int end : {started[0], started[1], stop[0]}) close(end);
    stop_ = UniqueFd(stop[1]);
  }
  OtherMaster(const OtherMaster&) = delete;
  OtherMaster& operator=(const OtherMaster&) = delete;
  ~OtherMaster() {
    stop_.reset();
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  UniqueFd stop_;
};

}  // namespace

TEST_CASE("a pid file holds our pid while it lives and is gone afterwards", "[process]") {
  const test::ScratchDir directory;
  const std::string path = directory.file("pid");
  {
    const auto file = PidFile::create(path);
    REQUIRE(file);
    CHECK(test::read_file(path) == std::to_string(getpid()) + "\n");
  }
  CHECK(std::filesystem::is_empty(directory.file("")));
}

TEST_CASE("the pid file of a live master is found and not taken away from it", "[process]") {
  const test::ScratchDir directory;
  const std::string path = directory.file("pid");
  const OtherMaster other(path);
  const auto found = find_master(path);
  REQUIRE(found);
  CHECK(*found == other.pid());
  const auto file = PidFile::create(path);
  REQUIRE_FALSE(file);
  CHECK(file.error().message.starts_with("another gateway is running with pid " +
                                         std::to_string(other.pid())));
  CHECK(test::read_file(path) == std::to_string(other.pid()) + "\n");
}

TEST_CASE("a pid file left behind by a crash is stale, and is replaced", "[process]") {
  const test::ScratchDir directory;
  const std::string path = directory.file("pid");
  { const OtherMaster crashed(path); }
  const auto found = find_master(path);
  REQUIRE_FALSE(found);
  CHECK(found.error().message.find("was left behind") != std::string::npos);
  const auto file = PidFile::create(path);
  REQUIRE(file);
  CHECK(test::read_file(path) == std::to_string(getpid()) + "\n");
}

TEST_CASE("a file that is no pid file is left alone", "[process]") {
  const test::ScratchDir directory;
  const std::string path = directory.file("notes");
  std::ofstream(path) << "important";
  CHECK_FALSE(PidFile::create(path));
  CHECK(test::read_file(path) == "important");
  const auto found = find_master(path);
  REQUIRE_FALSE(found);
  CHECK(found.error().message.find("holds no pid") != std::string::npos);
}

TEST_CASE("a pid file that somebody else put in the place of ours is not removed", "[process]") {
  const test::ScratchDir directory;
  const std::string path = directory.file("pid");
  {
    const auto file = PidFile::create(path);
    REQUIRE(file);
    std::filesystem::remove(path);
    std::ofstream(path) << "1\n";
  }
  CHECK(test::read_file(path) == "1\n");
}

TEST_CASE("a disowned pid file stays", "[process]") {
  const test::ScratchDir directory;
  const std::string path = directory.file("pid");
  {
    auto file = PidFile::create(path);
    REQUIRE(file);
    file->disown();
  }
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("the absence of a pid file and of its directory are told", "[process]") {
  const test::ScratchDir directory;
  CHECK(find_master(directory.file("pid")).error().message.find("there is no pid file") !=
        std::string::npos);
  const auto file = PidFile::create(directory.file("missing/pid"));
  REQUIRE_FALSE(file);
  CHECK(file.error().message.find("No such file or directory") != std::string::npos);
}
