// SPDX-License-Identifier: MIT
//
// Upgrade: the old master's part in putting a new program in its place, under full load.
//
// USR2     the pid file and the control socket get out of the way (.oldbin), and the program is
//          executed anew with the listen sockets. Both masters' workers accept connections.
// QUIT     to the old one finishes it: its workers drain as after a reload.
// HUP      to the old one takes it back: its workers serve again, the new master is told to quit.
// Death    of the new master, whatever from, brings everything back.
// upgrade  is USR2 and, as soon as the new master serves, QUIT in one; who asked waits until only
//          the new one accepts connections, or until everything is back.
// Source  api-gateway(8), UPGRADE.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/control_server.h"
#include "process/exec_master.h"
#include "process/notify.h"
#include "process/pid_file.h"
#include "process/reloader.h"
#include "process/start_report.h"
#include "process/succession.h"

namespace gateway {

class Upgrade {
 public:
  using ClientId = ControlServer::ClientId;
  struct Parts {
    const Invocation& invocation;
    Succession& succession;
    const SharedScoreboard& scoreboard;
    ServiceManager& manager;
    PidFile& pid_file;
    std::optional<ControlServer>& control;
    Reloader::Answer answer;
    std::function<void()> finish;  ///< this master's workers drain, and it ends with them
  };
  explicit Upgrade(Parts parts) : parts_(std::move(parts)) {}

  /// `client` waits for the outcome, and the old master is to finish; nobody after a signal.
  void begin(std::optional<ClientId> client);
  void refuse(std::optional<ClientId> client, std::string_view reason);
  /// There is a new master.
  bool is_running() const { return new_master_ != 0; }
  pid_t new_master() const { return new_master_; }
  void take_back();
  /// What this master is to the new one.
  const MasterLine& line() const { return line_; }

  void add_to(std::vector<pollfd>& polled) const;
  /// When to give up on who does not get ready or does not drain, in monotonic microseconds.
  std::uint64_t next_due() const { return client_ ? until_us_ : UINT64_MAX; }
  void look_after();
  /// The very last answer: this master ends.
  void tell_end();
  /// True when it was the new master. `is_stopping`: then there is nothing to bring back.
  bool reap(pid_t pid, bool is_stopping);
  /// In a worker.
  void disown() {
    report_.reset();
    line_ = {};
  }

 private:
  void move_names(const std::string& pid_file);
  void bring_back();
  void on_ready();
  void on_failure();
  void on_time();
  void tell(bool is_ok, std::string_view text);

  Parts parts_;
  std::string pid_file_path_;  ///< while the file is elsewhere
  pid_t new_master_ = 0;
  MasterLine line_;
  std::optional<StartReader> report_;
  bool is_main_ = true;         ///< for the service manager
  bool is_taken_back_ = false;  ///< the new master is to quit once our workers serve

  std::optional<ClientId> client_;  ///< who waits for the outcome
  std::uint64_t until_us_ = 0;
  bool is_finishing_ = false;  ///< the new master serves, our workers were told to drain
  std::string errors_;         ///< why there is no new master
};

}  // namespace gateway
