// SPDX-License-Identifier: MIT
//
// The hand-over from an old master to the new one that it starts for an upgrade.
//
// Sockets    by the protocol of inherited_sockets.h, as a service manager passes them on.
// Relation   API_GATEWAY_UPGRADE=PID,FD,FD: the old master, its line (master_line.h), and the
//            scoreboard, on which both go on counting.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "process/listeners.h"
#include "process/master_line.h"
#include "util/result.h"

namespace gateway {

/// How this program was started, so that it can be started once more: by the same path, whatever
/// is there by then.
struct Invocation {
  std::string path;
  std::vector<std::string> arguments;
};
Invocation invocation_of(int argc, const char* const* argv);

struct NewMaster {
  pid_t pid;
  MasterLine line;
};
/// A child that executes `invocation`. What goes wrong there is in its report.
Result<NewMaster> exec_master(const Invocation& invocation, const Listeners& listeners,
                              int scoreboard);

struct OldMaster {
  pid_t pid;
  MasterLine line;
  UniqueFd scoreboard;

  /// It is our parent for as long as it lives.
  bool is_alive() const;
};
/// nullopt: this one was started by nobody of our kind. Once: the variable is removed.
std::optional<OldMaster> take_old_master();

}  // namespace gateway
