// SPDX-License-Identifier: MIT
#include "process/exec_master.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "catch.h"
#include "observe/scratch.h"

using namespace gateway;

namespace {

std::string self() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

Invocation with_name(const std::string& name) {
  const std::array argv{name.c_str(), "-c", "x.json"};
  return invocation_of(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_CASE("a program is started again by the path it was started by", "[process]") {
  const test::ScratchDir scratch;
  const std::string link = scratch.file("link");
  std::filesystem::create_symlink(self(), link);
  CHECK(with_name(self()).path == self());
  CHECK(with_name(link).path == link);
  CHECK(with_name(std::filesystem::relative(self()).string()).path ==
        (std::filesystem::current_path() / std::filesystem::relative(self())).string());
  CHECK(with_name(self()).arguments == std::vector<std::string>{self(), "-c", "x.json"});
}

TEST_CASE("a name that does not lead to the program is no path to start it by", "[process]") {
  for (const char* name : {"api-gateway", "/bin/sh", "/nonexistent", ""}) {
    CAPTURE(name);
    CHECK(with_name(name).path == self());
  }
}

TEST_CASE("only a child of the old master has one", "[process]") {
  CHECK_FALSE(take_old_master());
  for (const char* value : {"1,9", "1,9,10", "x,y,z", "", "7"}) {
    CAPTURE(value);
    setenv("API_GATEWAY_UPGRADE", value, 1);
    CHECK_FALSE(take_old_master());
    CHECK(std::getenv("API_GATEWAY_UPGRADE") == nullptr);
  }
  const int line = dup(STDERR_FILENO);
  const int scoreboard = dup(STDERR_FILENO);
  const std::string value =
      std::to_string(getppid()) + "," + std::to_string(line) + "," + std::to_string(scoreboard);
  setenv("API_GATEWAY_UPGRADE", value.c_str(), 1);
  const auto old = take_old_master();
  REQUIRE(old);
  CHECK(old->pid == getppid());
  CHECK(old->is_alive());
  CHECK(old->line.end() == line);
  CHECK(old->scoreboard.get() == scoreboard);
}
