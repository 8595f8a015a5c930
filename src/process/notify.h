// SPDX-License-Identifier: MIT
//
// ServiceManager: what the master tells who started it, if that is systemd or speaks like it.
//
// One datagram each to NOTIFY_SOCKET (a path, or "@name" in the abstract namespace); nothing when
// it is not set. A manager that does not listen is not waited for.
// Source    sd_notify(3), systemd.service(5) (Type=notify, WatchdogSec=).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "util/duration.h"
#include "util/unique_fd.h"

namespace gateway {

class ServiceManager {
 public:
  /// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  ServiceManager();

  bool is_there() const { return socket_.is_open(); }
  void ready(std::string_view status);
  void reloading();
  /// `patience`: how long it may take; the manager gives at least that much time.
  void stopping(Milliseconds patience);
  void status(std::string_view text);
  /// Another process is the one to watch.
  void main_pid(pid_t pid);

  /// When look_after() has to say that the master is alive, in monotonic microseconds.
  std::uint64_t next_due() const { return watchdog_due_us_; }
  void look_after();
  /// In a worker.
  void disown() { socket_.reset(); }

 private:
  void send(const std::string& text);

  std::string path_;  ///< with a NUL first when it is abstract
  UniqueFd socket_;
  std::uint64_t watchdog_us_ = 0;  ///< how often; 0: nobody watches
  std::uint64_t watchdog_due_us_ = UINT64_MAX;
};

}  // namespace gateway
