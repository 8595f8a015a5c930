// SPDX-License-Identifier: MIT
#include "process/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "util/clock.h"
#include "util/text.h"

namespace gateway {
namespace {

std::string_view variable(const char* value) {
  return value != nullptr ? std::string_view(value) : std::string_view();
}

}  // namespace

ServiceManager::ServiceManager() {
  path_ = variable(std::getenv("NOTIFY_SOCKET"));
  const bool is_usable = path_.size() > 1 && path_.size() < sizeof(sockaddr_un::sun_path) &&
                         (path_.front() == '/' || path_.front() == '@');
  if (!is_usable) return;
  if (path_.front() == '@') path_.front() = '\0';
  socket_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

  const auto interval = parse_decimal(variable(std::getenv("WATCHDOG_USEC"))).value_or(0);
  const std::string_view watched = variable(std::getenv("WATCHDOG_PID"));
  if (interval == 0 || (!watched.empty() && watched != std::to_string(getpid()))) return;
  watchdog_us_ = interval / 2;  // sd_watchdog_enabled(3): in time even when one is late
  watchdog_due_us_ = monotonic_us();
}

void ServiceManager::ready(std::string_view status) {
  send("READY=1\nSTATUS=" + std::string(status));
}

void ServiceManager::reloading() {
  // With the time of it, Type=notify-reload knows that the READY=1 to come is the answer.
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_us()) + "\nSTATUS=reloading");
}

void ServiceManager::stopping(Milliseconds patience) {
  constexpr Milliseconds kMore{5000};
  std::string text = "STOPPING=1\nSTATUS=finishing what is in progress";
  if (patience != kOff) {
    const auto extended = std::chrono::microseconds(patience + kMore).count();
    text += "\nEXTEND_TIMEOUT_USEC=" + std::to_string(extended);
  }
  send(text);
}

void ServiceManager::status(std::string_view text) { send("STATUS=" + std::string(text)); }

void ServiceManager::main_pid(pid_t pid) { send("MAINPID=" + std::to_string(pid)); }

void ServiceManager::look_after() {
  const std::uint64_t now = monotonic_us();
  if (now < watchdog_due_us_) return;
  watchdog_due_us_ = now + watchdog_us_;
  send("WATCHDOG=1");
}

void ServiceManager::send(const std::string& text) {
  if (!socket_.is_open()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  [[maybe_unused]] const ssize_t sent =
      sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace gateway
