// SPDX-License-Identifier: MIT
#include "process/slots.h"

#include <memory>

#include "catch.h"

using namespace gateway;

TEST_CASE("a claimed slot is starting and is not given to another worker", "[process]") {
  const auto scoreboard = std::make_unique<Scoreboard>();
  const auto first = claim_slot(*scoreboard, 7);
  const auto second = claim_slot(*scoreboard, 7);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first != *second);
  CHECK(scoreboard->workers[*first].state == WorkerState::Starting);
  CHECK(scoreboard->workers[*first].generation == 7);
}

TEST_CASE("a released slot can be claimed again; its counters go on, its gauges do not",
          "[process]") {
  const auto scoreboard = std::make_unique<Scoreboard>();
  const auto slot = claim_slot(*scoreboard, 1);
  REQUIRE(slot);
  WorkerSlot& worker = scoreboard->workers[*slot];
  worker.pid = 412;
  worker.requests = 5;
  worker.connections = 3;
  worker.exchanges = 2;
  worker.upstream_connections = 1;
  release_slot(worker);
  CHECK(worker.state == WorkerState::Free);
  CHECK(worker.pid == 0);
  CHECK(worker.requests == 5);
  CHECK(worker.connections == 0);
  CHECK(worker.exchanges == 0);
  CHECK(worker.upstream_connections == 0);
  CHECK(claim_slot(*scoreboard, 2) == slot);
}

TEST_CASE("there is no slot when all are taken", "[process]") {
  const auto scoreboard = std::make_unique<Scoreboard>();
  for (std::size_t i = 0; i < Scoreboard::kWorkers; i++) REQUIRE(claim_slot(*scoreboard, 1));
  CHECK_FALSE(claim_slot(*scoreboard, 1));
}
