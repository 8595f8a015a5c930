// SPDX-License-Identifier: MIT
//
// Top: shows what the running gateway does, live. Reads the memory the gateway counts in; the
// gateway does not notice.
#pragma once

#include "process/runtime_paths.h"
#include "util/duration.h"

namespace gateway::cli {

struct TopOptions {
  RuntimeOptions runtime;
  Milliseconds interval{1000};
  bool is_once = false;
  bool is_json = false;
};

/// Returns the exit status.
int run_top(const TopOptions& options);

}  // namespace gateway::cli
