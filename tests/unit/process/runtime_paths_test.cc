// SPDX-License-Identifier: MIT
#include "process/runtime_paths.h"

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "observe/scratch.h"

using namespace gateway;

TEST_CASE("the pid file is where the most explicit option says", "[process]") {
  CHECK(pid_file_path({"/a/pid", "/b", "/c"}) == "/a/pid");
  CHECK(pid_file_path({"", "/b", "/c"}) == "/b/api-gateway.pid");
  CHECK(pid_file_path({"", "", "/c:/d"}) == "/c/api-gateway.pid");
  CHECK(pid_file_path({}).ends_with("/api-gateway/api-gateway.pid"));
}

TEST_CASE("relative names are taken from the working directory", "[process]") {
  const std::string here = std::filesystem::current_path().string();
  CHECK(pid_file_path({"a.pid", "", ""}) == here + "/a.pid");
  CHECK(pid_file_path({"", "run", ""}) == here + "/run/api-gateway.pid");
  CHECK(*writable_pid_file_path({"a.pid", "", ""}) == here + "/a.pid");
  CHECK(*writable_pid_file_path({"", ".", ""}) == here + "/./api-gateway.pid");
  CHECK(in_runtime_directory({"", "run", ""}, "admin.sock") == here + "/run/admin.sock");
}

TEST_CASE("a usable runtime directory gets the pid file", "[process]") {
  const test::ScratchDir directory;
  const std::string path = directory.file("run");
  std::filesystem::create_directory(path);
  CHECK(*writable_pid_file_path({"", path, ""}) == path + "/api-gateway.pid");
  CHECK(*writable_pid_file_path({"", "", path}) == path + "/api-gateway.pid");
}

TEST_CASE("without a usable runtime directory there is no pid file", "[process]") {
  const test::ScratchDir directory;
  CHECK(writable_pid_file_path({"", "", directory.file("missing")})->empty());
}

TEST_CASE("a runtime directory that was asked for must be usable", "[process]") {
  const test::ScratchDir directory;
  const std::string file = directory.file("file");
  std::ofstream(file) << "not a directory";
  const auto path = writable_pid_file_path({"", file, ""});
  REQUIRE_FALSE(path);
  CHECK(path.error().message == "cannot use the runtime directory " + file + ": Not a directory");
}

TEST_CASE("the control socket is beside the pid file", "[process]") {
  CHECK(control_socket_path("/run/api-gateway/api-gateway.pid") ==
        "/run/api-gateway/api-gateway.sock");
  CHECK(control_socket_path("/x/pid") == "/x/pid.sock");
}

TEST_CASE("a file without a directory is in the runtime directory", "[process]") {
  CHECK(in_runtime_directory({"/a/pid", "/b", "/c"}, "admin.sock") == "/b/admin.sock");
  CHECK(in_runtime_directory({"", "", "/c:/d"}, "admin.sock") == "/c/admin.sock");
  CHECK(in_runtime_directory({"", "/b", ""}, "/x/admin.sock") == "/x/admin.sock");
}
