// SPDX-License-Identifier: MIT
//
// The state of master, generations and workers, told to an operator.
#pragma once

#include <string>

#include "observe/scoreboard.h"
#include "process/succession.h"

namespace gateway {

/// One line: "generation 3 serves with 2 workers, 1 older one drains".
std::string summary(const Succession& succession);

struct StatusSources {
  const Scoreboard& scoreboard;
  const Succession& succession;
  std::string state;        ///< running, reloading, upgrading, stopping
  std::string config_file;  ///< empty: none
  std::string pid_file;     ///< empty: none
  pid_t successor = 0;      ///< the new master of an upgrade; 0: none
};

/// A JSON object, see api-gateway(8), status.
std::string status_json(const StatusSources& sources);

}  // namespace gateway
