// SPDX-License-Identifier: MIT
//
// Worker: the process that serves requests. Composition root of all that is not the master's.
//
// Signals  as in signals.h. The master cuts drains that it ordered; a worker told to drain by
//          anybody else, or because its master died, keeps the time itself.
#pragma once

#include "process/heritage.h"

namespace gateway {

/// Serves until told to stop; returns the exit status of the process. When it is called the signals
/// of signals.h are blocked and the error log writes to the heritage's.
int run_worker(Heritage heritage);

}  // namespace gateway
