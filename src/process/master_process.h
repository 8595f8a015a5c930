// SPDX-License-Identifier: MIT
//
// The insides of the master. Starting is in master_start.cc, the rest in master.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "observe/shared_scoreboard.h"
#include "process/commands.h"
#include "process/control_server.h"
#include "process/exec_master.h"
#include "process/master.h"
#include "process/notify.h"
#include "process/pid_file.h"
#include "process/reloader.h"
#include "process/reopening.h"
#include "process/signals.h"
#include "process/start_report.h"
#include "process/succession.h"
#include "process/upgrade.h"

namespace gateway {

class Master {
 public:
  explicit Master(const MasterOptions& options)
      : options_(options), load_([this] { return load(); }) {}

  int run();

 private:
  using ClientId = ControlServer::ClientId;

  Result<LoadedConfig> load() const;
  Status go_into_background();
  Status start();
  Status take_signals();
  Status take_pid_file();
  void open_control();
  Status take_scoreboard();
  Status start_workers(LoadedConfig loaded);
  void make_helpers();
  void leave();

  void wait();
  void handle_signals();
  void handle(const SignalMeaning& signal);
  void handle(ClientId client, std::string_view request);
  void obey(ClientId client, Command command);
  void answer(ClientId client, std::string_view lines, bool is_last);
  void reload();
  void upgrade(std::optional<ClientId> client);
  void reopen(std::optional<ClientId> client);
  void rest();
  void look_after();
  void announce_first();
  void stop(SignalAction how);
  void tell_end();
  void reap();
  bool leave_to_others() const;
  std::string status() const;

  const MasterOptions& options_;
  const std::function<Result<LoadedConfig>()> load_;
  StartReport start_report_;
  std::optional<OldMaster> old_master_;
  UniqueFd signals_;
  PidFile pid_file_;
  ServiceManager manager_;
  std::optional<ControlServer> control_;
  std::optional<SharedScoreboard> scoreboard_;
  std::optional<Succession> succession_;
  std::optional<Reloader> reloader_;
  std::optional<Reopening> reopening_;
  std::optional<Upgrade> upgrade_;
  std::vector<ClientId> wait_for_end_;
  bool is_announced_ = false;
  bool is_stopping_ = false;
  unsigned terms_ = 0;
  int exit_status_ = 0;
};

}  // namespace gateway
