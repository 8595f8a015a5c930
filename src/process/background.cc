// SPDX-License-Identifier: MIT
#include "process/background.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

#include "util/text.h"

namespace gateway {
namespace {

void print(std::string_view prefix, std::string_view text) {
  if (text.empty()) return;
  for (const std::string_view line : split(text, '\n')) {
    std::cerr << "api-gateway: " << prefix << line << '\n';
  }
}

[[noreturn]] void wait_and_exit(UniqueFd pipe) {
  StartReader reader(std::move(pipe));
  const bool is_ready = reader.read() == StartReader::State::Ready;
  print("warning: ", reader.warnings());
  print("", reader.errors());
  if (!is_ready && reader.errors().empty()) print("", "the gateway ended before it was ready");
  std::cerr.flush();
  _exit(is_ready ? EXIT_SUCCESS : EXIT_FAILURE);  // all else is the child's
}

}  // namespace

Result<StartReport> go_into_background() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error{"--daemon: " + errno_text(errno)};
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return Error{"--daemon: " + errno_text(errno)};
  if (pid > 0) {
    write_end.reset();
    wait_and_exit(std::move(read_end));
  }
  setsid();
  // Whoever reads what this command prints must not wait for the end of the daemon.
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null.get(), fd);
  return StartReport(std::move(write_end));
}

}  // namespace gateway
