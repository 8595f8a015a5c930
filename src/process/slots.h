// SPDX-License-Identifier: MIT
//
// Which worker has which place on the scoreboard. A slot belongs to the master that claimed it
// until that releases it, or has died.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>

#include "observe/scoreboard.h"

namespace gateway {

/// A free slot, now Starting and this process's; nullopt when all are taken.
std::optional<std::size_t> claim_slot(Scoreboard& scoreboard, unsigned generation);

/// In the new worker, first of all: it has the slot that `master` claimed for it. False: that
/// master has died, and the slot was taken from it meanwhile.
bool occupy_slot(Scoreboard& scoreboard, std::size_t index, pid_t master);

/// Those whose master has died, and their worker too, if there was one yet.
void release_orphans(Scoreboard& scoreboard);

/// After the worker's end: what it had in progress is over, its counters stay.
void release_slot(Scoreboard& scoreboard, std::size_t index);

}  // namespace gateway
