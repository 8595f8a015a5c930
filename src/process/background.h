// SPDX-License-Identifier: MIT
//
// Background: --daemon. The process that was started stays until the master is ready, or says why
// it never will be.
#pragma once

#include "process/start_report.h"
#include "util/result.h"

namespace gateway {

/// Returns in a process in the background, in a session of its own and with /dev/null for its
/// standard streams. The calling one prints what is reported and exits: 0 for ready, else 1.
Result<StartReport> go_into_background();

}  // namespace gateway
