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

/// After the worker's end: its gauges are 0, its counters stay.
void release_slot(WorkerSlot& slot);

}  // namespace gateway
