// SPDX-License-Identifier: MIT
//
// Heritage: everything that crosses fork from the master to a worker.
//
// References are to the worker's own copy of the master's memory, except for the scoreboard, which
// both share.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>

#include "config/config.h"
#include "observe/log_output.h"
#include "observe/series.h"
#include "process/listeners.h"
#include "process/privileges.h"
#include "util/unique_fd.h"

namespace gateway {

struct Logs {
  LogOutput access;
  LogOutput error;
};

struct Heritage {
  pid_t master;
  unsigned generation;
  std::size_t slot;  ///< index into Scoreboard::workers
  const Config& config;
  Listeners& listeners;  ///< one for each of config.listeners, then that of config.admin; emptied
                         ///< once the worker has its own descriptors of them
  const std::optional<Account>& account;  ///< who to become, if anybody
  Logs& logs;
  Scoreboard& scoreboard;
  const SeriesRows& rows;  ///< of the names in config
  UniqueFd channel;        ///< the worker's end, see channel.h
};

}  // namespace gateway
