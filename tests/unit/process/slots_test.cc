// SPDX-License-Identifier: MIT
#include "process/slots.h"

#include <sys/wait.h>
#include <unistd.h>

#include "catch.h"
#include "observe/board.h"
#include "observe/snapshot.h"

using namespace gateway;
using gateway::test::make_board;

namespace {

/// The pid of a process that has ended.
pid_t dead_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  return child;
}

}  // namespace

TEST_CASE("a claimed slot is starting and is not given to another worker", "[process]") {
  const SharedScoreboard board = make_board();
  const auto first = claim_slot(*board, 7);
  const auto second = claim_slot(*board, 7);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first != *second);
  CHECK(board->workers[*first].state == WorkerState::Starting);
  CHECK(board->workers[*first].generation == 7);
  CHECK(board->workers[*first].started_at_ms > 0);
  CHECK(board->workers_used == 2);
}

TEST_CASE("a released slot can be claimed again; its counters go on, nothing is in flight",
          "[process]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(gateway::test::names_of({"a"}), 1);
  const auto slot = claim_slot(*board, 1);
  REQUIRE(slot);
  WorkerSlot& worker = board->workers[*slot];
  worker.pid = 412;
  worker.clients.accepted.add(3);
  worker.routes[rows.routes[0]].begin();
  worker.routes[Names::kNoRoute].begin();
  worker.instance(rows.instances[0]).attempts.add();
  release_slot(*board, *slot);
  CHECK(worker.state == WorkerState::Free);
  CHECK(worker.pid == 0);
  const Snapshot snapshot = take_snapshot(*board);
  CHECK(snapshot.requests.begun == 2);
  CHECK(snapshot.requests.lost == 2);
  CHECK(snapshot.requests.in_flight() == 0);
  CHECK(snapshot.clients.accepted == 3);
  CHECK(snapshot.clients.connections() == 0);
  CHECK(snapshot.instances[rows.instances[0]].totals.in_flight() == 0);
  CHECK(claim_slot(*board, 2) == slot);
}

TEST_CASE("there is no slot when all are taken", "[process]") {
  const SharedScoreboard board = make_board();
  for (std::size_t i = 0; i < Scoreboard::kWorkers; i++) REQUIRE(claim_slot(*board, 1));
  CHECK_FALSE(claim_slot(*board, 1));
  CHECK(board->workers_used == Scoreboard::kWorkers);
}

TEST_CASE("slots of workers that ended after their master are free again", "[process]") {
  const SharedScoreboard board = make_board();
  for (int i = 0; i < 3; i++) REQUIRE(claim_slot(*board, 1));
  const pid_t dead = dead_process();
  for (int i = 0; i < 3; i++) board->workers[i].pid = dead;
  board->workers[0].master = dead;
  board->workers[0].routes[Names::kNoRoute].begin();
  board->workers[1].master = dead;
  board->workers[1].pid = ::getpid();
  release_orphans(*board);
  CHECK(board->workers[0].state == WorkerState::Free);
  CHECK(board->workers[0].routes[Names::kNoRoute].lost.read() == 1);
  CHECK(board->workers[1].state == WorkerState::Starting);  // its worker lives
  CHECK(board->workers[1].master == dead);
  CHECK(board->workers[2].state == WorkerState::Starting);  // its master will release it
  CHECK(claim_slot(*board, 2) == 0);
}

TEST_CASE("what a master had claimed that died before its worker said its pid is free again",
          "[process]") {
  const SharedScoreboard board = make_board();
  const pid_t master = ::fork();
  if (master == 0) ::_exit(claim_slot(*board, 1) && claim_slot(*board, 1) ? 0 : 1);
  int status = 1;
  REQUIRE(::waitpid(master, &status, 0) == master);
  REQUIRE(status == 0);
  const auto own = claim_slot(*board, 2);
  REQUIRE(own == 2);
  board->workers[1].state = WorkerState::Free;  // it died even before it had said this
  release_orphans(*board);
  CHECK(take_snapshot(*board).workers.size() == 1);
  CHECK(board->workers[*own].state == WorkerState::Starting);  // ours: its worker will say its pid
  CHECK(claim_slot(*board, 2) == 0);
  CHECK(claim_slot(*board, 2) == 1);
}

TEST_CASE("a worker whose slot was taken from its dead master knows it", "[process]") {
  const SharedScoreboard board = make_board();
  const auto slot = claim_slot(*board, 1);
  REQUIRE(slot);
  CHECK(occupy_slot(*board, *slot, ::getpid()));
  CHECK(board->workers[*slot].pid == ::getpid());
  CHECK_FALSE(occupy_slot(*board, *slot, dead_process()));
}
