// SPDX-License-Identifier: MIT
//
// A scoreboard with some names on it.
#pragma once

#include <string>
#include <vector>

#include "catch.h"
#include "observe/shared_scoreboard.h"

namespace gateway::test {

inline SharedScoreboard make_board() {
  auto board = SharedScoreboard::create();
  REQUIRE(board);
  return *std::move(board);
}

/// Routes of a service each has the name of, with one instance.
inline SeriesNames names_of(const std::vector<std::string>& names) {
  SeriesNames all;
  for (const std::string& name : names) {
    all.routes.push_back({name, name});
    all.instances.push_back({name, "http://" + name});
  }
  return all;
}

/// A worker that serves, in the slot of that number.
inline WorkerSlot& start_worker(SharedScoreboard& board, std::uint32_t slot,
                                std::uint32_t generation) {
  WorkerSlot& worker = board->workers[slot];
  worker.generation = generation;
  worker.state = WorkerState::Serving;
  if (board->workers_used <= slot) board->workers_used = slot + 1;
  return worker;
}

}  // namespace gateway::test
