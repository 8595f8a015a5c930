// SPDX-License-Identifier: MIT
#include "process/exec_master.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "process/signals.h"
#include "process/start_report.h"
#include "util/text.h"

namespace gateway {
namespace {

constexpr const char* kVariable = "API_GATEWAY_UPGRADE";
constexpr int kFirst = 3;  // sd_listen_fds(3)

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

std::string absolute(const std::string& path) {
  std::array<char, PATH_MAX> directory{};
  if (path.starts_with('/') || getcwd(directory.data(), directory.size()) == nullptr) return path;
  return std::string(directory.data()) + "/" + path;
}

std::string running_program() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string();
}

/// Puts them at 3, 4, ... and keeps them open across exec.
void line_up(const std::vector<int>& descriptors) {
  const int end = kFirst + static_cast<int>(descriptors.size());
  std::vector<int> high;  // out of the way first: the places may be taken by one another
  for (const int fd : descriptors) high.push_back(fcntl(fd, F_DUPFD_CLOEXEC, end));
  for (std::size_t i = 0; i < high.size(); i++) dup2(high[i], kFirst + static_cast<int>(i));
}

bool is_replaced(std::string_view entry) {
  constexpr std::array<std::string_view, 5> kNames{
      "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "API_GATEWAY_UPGRADE=", "WATCHDOG_PID="};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view name) { return entry.starts_with(name); });
}

std::vector<std::string> environment(std::size_t listeners, pid_t old_master) {
  std::vector<std::string> entries;
  bool is_watched = false;
  for (char** entry = environ; *entry != nullptr; entry++) {
    is_watched |= std::string_view(*entry).starts_with("WATCHDOG_PID=");
    if (!is_replaced(*entry)) entries.emplace_back(*entry);
  }
  const std::string own_pid = std::to_string(getpid());
  entries.push_back("LISTEN_PID=" + own_pid);
  entries.push_back("LISTEN_FDS=" + std::to_string(listeners));
  const int line = kFirst + static_cast<int>(listeners);
  entries.push_back(std::string(kVariable) + "=" + std::to_string(old_master) + "," +
                    std::to_string(line) + "," + std::to_string(line + 1));
  if (is_watched) entries.push_back("WATCHDOG_PID=" + own_pid);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& each : strings) all.push_back(each.data());
  all.push_back(nullptr);
  return all;
}

/// What a new master gets besides the sockets.
struct HandOver {
  pid_t old_master;
  const MasterLine& line;
  int scoreboard;
};

[[noreturn]] void become_master(const Invocation& invocation, const Listeners& listeners,
                                const HandOver& what) {
  std::vector<int> descriptors;
  for (const auto& listener : listeners) descriptors.push_back(listener->socket.get());
  descriptors.push_back(what.line.end());
  descriptors.push_back(what.scoreboard);
  // A copy that closes on exec, to tell that there was none; behind the places of the others.
  const int behind = kFirst + static_cast<int>(descriptors.size());
  StartReport failure(UniqueFd(fcntl(what.line.end(), F_DUPFD_CLOEXEC, behind)));
  line_up(descriptors);
  std::vector<std::string> arguments = invocation.arguments;
  std::vector<std::string> variables = environment(listeners.size(), what.old_master);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(invocation.path.c_str(), pointers(arguments).data(), pointers(variables).data());
  failure.fail(Error{"cannot execute " + invocation.path + ": " + errno_text(errno)});
  _exit(EXIT_FAILURE);
}

}  // namespace

Invocation invocation_of(int argc, const char* const* argv) {
  Invocation invocation;
  invocation.arguments.assign(argv, argv + argc);
  invocation.path = running_program();
  // A name that leads to the program by a link goes on to lead to what the link then says.
  const std::string given = argc > 0 ? absolute(argv[0]) : std::string();
  if (is_same_file(given, invocation.path)) invocation.path = given;
  return invocation;
}

Result<NewMaster> exec_master(const Invocation& invocation, const Listeners& listeners,
                              int scoreboard) {
  auto line = MasterLine::make();
  if (!line) return std::move(line).error();
  const pid_t old_master = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Error{"cannot start a process: " + errno_text(errno)};
  if (pid == 0) become_master(invocation, listeners, {old_master, line->second, scoreboard});
  return NewMaster{pid, std::move(line->first)};
}

bool OldMaster::is_alive() const { return getppid() == pid; }

std::optional<OldMaster> take_old_master() {
  const char* value = std::getenv("API_GATEWAY_UPGRADE");
  if (value == nullptr) return std::nullopt;
  const std::string text = value;
  unsetenv(kVariable);
  const auto parts = split(text, ',');
  if (parts.size() != 3) return std::nullopt;
  const auto pid = parse_decimal(parts[0]);
  const auto line = parse_decimal(parts[1]);
  const auto scoreboard = parse_decimal(parts[2]);
  // Left over in the environment of something else that was started from there.
  constexpr std::uint64_t kMost = 4096;
  if (!pid || static_cast<pid_t>(*pid) != getppid() || line.value_or(kMost) >= kMost ||
      scoreboard.value_or(kMost) >= kMost) {
    return std::nullopt;
  }
  const std::array<int, 2> fds{static_cast<int>(*line), static_cast<int>(*scoreboard)};
  for (const int fd : fds) {
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return std::nullopt;
  }
  return OldMaster{static_cast<pid_t>(*pid), MasterLine(UniqueFd(fds[0])), UniqueFd(fds[1])};
}

}  // namespace gateway
