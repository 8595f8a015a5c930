// SPDX-License-Identifier: MIT
//
// Master: opens the listeners, keeps workers running, replaces their generation on reload and
// ends them. It never touches a request, and has no event loop but ppoll().
//
// Signals  as in signals.h, all read from one descriptor, one after the other.
#pragma once

#include <functional>
#include <string>

#include "config/environment.h"
#include "process/exec_master.h"
#include "process/runtime_paths.h"
#include "util/result.h"

namespace gateway {

struct MasterOptions {
  RuntimeOptions runtime;
  std::function<Result<LoadedConfig>()> load;  ///< at the start and on each reload
  std::string config_file;                     ///< that is read then; empty: none
  Invocation invocation;                       ///< how to start the new program of an upgrade
  bool is_daemon = false;
};

/// Runs the gateway until it is told to stop; returns the exit status of the process.
int run_master(const MasterOptions& options);

}  // namespace gateway
