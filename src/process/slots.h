// SPDX-License-Identifier: MIT
//
// Which worker has which place on the scoreboard. Called by the master only.
#pragma once

#include <cstddef>
#include <optional>

#include "observe/scoreboard.h"

namespace gateway {

/// A free slot, now Starting; nullopt when all are taken.
std::optional<std::size_t> claim_slot(Scoreboard& scoreboard, unsigned generation);

/// Those of workers whose master died before them.
void release_orphans(Scoreboard& scoreboard);

/// After the worker's end: what it had in progress is over, its counters stay.
void release_slot(Scoreboard& scoreboard, std::size_t index);

}  // namespace gateway
