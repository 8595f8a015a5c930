// SPDX-License-Identifier: MIT
#include "observe/snapshot.h"

#include <atomic>
#include <thread>

#include "board.h"
#include "catch.h"

namespace gateway {
namespace {

using test::make_board;
using test::names_of;
using test::start_worker;

TEST_CASE("all workers are added up, those that are gone included", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a", "b"}), 1);
  for (std::uint32_t slot : {0U, 2U, 5U}) {
    WorkerSlot& worker = start_worker(board, slot, 1);
    worker.routes[rows.routes[1]].begin();
    worker.routes[rows.routes[1]].end({503, Cause::ConnectRefused, 100, 1, 2}, false);
    worker.routes[rows.routes[0]].begin();
    worker.routes[Names::kNoRoute].begin();
    worker.instances[rows.instances[0]].attempts.add(2);
    worker.instances[rows.instances[0]].attempts_ended.add(1);
    worker.clients.accepted.add(4);
    worker.clients.closed.add(1);
    worker.log_lines_dropped.add(1);
  }
  board->workers[2].state = WorkerState::Free;
  const Snapshot snapshot = take_snapshot(*board);
  CHECK(snapshot.requests.begun == 9);
  CHECK(snapshot.requests.in_flight() == 6);
  CHECK(snapshot.clients.accepted == 12);
  CHECK(snapshot.clients.connections() == 9);
  CHECK(snapshot.clients.log_lines_dropped == 3);
  const Snapshot::Route& b = snapshot.routes[rows.routes[1]];
  CHECK(b.name == "b");
  CHECK(b.service == "b");
  CHECK(b.is_current);
  CHECK(b.totals.ended[class_of(503)] == 3);
  CHECK(sum(b.totals.failures) == 3);
  CHECK(b.totals.bytes_out == 6);
  const Snapshot::Instance& a = snapshot.instances[rows.instances[0]];
  CHECK(a.url == "http://a");
  CHECK(a.totals.attempts == 6);
  CHECK(a.totals.in_flight() == 3);
}

TEST_CASE("workers that live are listed one by one", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a"}), 1);
  start_worker(board, 0, 1).state = WorkerState::Free;
  start_worker(board, 1, 1).state = WorkerState::Draining;
  start_worker(board, 2, 2).pid = 412;
  start_worker(board, 3, 2).state = WorkerState::Starting;
  for (std::uint32_t slot : {0U, 1U, 2U}) board->workers[slot].routes[rows.routes[0]].begun.add(7);
  const Snapshot snapshot = take_snapshot(*board);
  REQUIRE(snapshot.workers.size() == 3);
  CHECK(snapshot.workers[1].slot == 2);
  CHECK(snapshot.workers[1].pid == 412);
  CHECK(snapshot.workers[1].requests.begun == 7);
  CHECK(snapshot.workers[2].requests.begun == 0);
  REQUIRE(snapshot.generations.size() == 2);
  CHECK(snapshot.generations.at(1).draining == 1);
  CHECK(snapshot.generations.at(2).serving == 1);
  CHECK(snapshot.generations.at(2).starting == 1);
}

TEST_CASE("names that no generation has any longer are not current", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows old = board.assign_rows(names_of({"a", "b"}), 1);
  board.assign_rows(names_of({"b"}), 2);
  start_worker(board, 0, 1);
  start_worker(board, 1, 2);
  board->generation = 2;
  CHECK(take_snapshot(*board).routes[old.routes[0]].is_current);
  board->workers[0].state = WorkerState::Free;
  const Snapshot snapshot = take_snapshot(*board);
  CHECK_FALSE(snapshot.routes[old.routes[0]].is_current);
  CHECK_FALSE(snapshot.instances[old.instances[0]].is_current);
  CHECK(snapshot.routes[old.routes[1]].is_current);
  CHECK(snapshot.routes[Names::kNoRoute].is_current);
}

TEST_CASE("a master that died in the middle of a change keeps nobody waiting", "[observe]") {
  SharedScoreboard board = make_board();
  board.assign_rows(names_of({"a"}), 1);
  board->names.version++;
  CHECK(take_snapshot(*board).routes.size() == Names::kFirstRoute + 1);
  board.assign_rows(names_of({"b"}), 2);
  CHECK(board->names.version % 2 == 0);
}

// Under ThreadSanitizer this proves that no access races; elsewhere that nothing gets lost.
TEST_CASE("writers, a master and readers do not get in each other's way", "[observe]") {
  constexpr std::uint32_t kWriters = 3;
  constexpr std::uint64_t kRequests = 20'000;
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a", "b"}), 1);
  for (std::uint32_t slot = 0; slot < kWriters; slot++) start_worker(board, slot, 1);
  board->generation = 1;
  std::atomic<bool> is_over{false};
  std::atomic<bool> is_sound{true};
  std::vector<std::thread> threads;
  for (std::uint32_t slot = 0; slot < kWriters; slot++) {
    threads.emplace_back([&, slot] {
      const Meters meters = meters_of(board->workers[slot], board->names, rows);
      for (std::uint64_t i = 0; i < kRequests; i++) {
        RouteCounters& route = *meters.routes[i % 2];
        route.begin();
        meters.instances[i % 2].counters->attempts.add();
        meters.instances[i % 2].state->status = InstanceStatus::Up;
        meters.instances[i % 2].counters->respond(200, i);
        meters.instances[i % 2].counters->attempts_ended.add();
        route.end({200, Cause::None, i, 1, 2}, /*was_tunnel=*/false);
      }
    });
  }
  // Names come and go, and get the rows of others.
  std::thread master([&] {
    for (std::uint32_t i = 0; !is_over; i++) {
      SeriesNames names = names_of({"a", "b"});
      for (std::size_t k = 0; k < Names::kRoutes - 10; k++) {
        names.routes.push_back({"r" + std::to_string(i) + "-" + std::to_string(k), "s"});
      }
      board.assign_rows(names, i + 2);
      for (std::uint32_t slot = 0; slot < kWriters; slot++) {
        board->workers[slot].generation = i + 2;
      }
      board->generation = i + 2;
    }
  });
  std::thread reader([&] {
    std::uint64_t begun = 0;
    std::uint64_t ended = 0;
    while (!is_over) {
      const Snapshot snapshot = take_snapshot(*board);
      is_sound = is_sound && snapshot.requests.begun >= begun &&
                 sum(snapshot.requests.ended) >= ended && snapshot.routes.size() >= 5 &&
                 snapshot.routes[rows.routes[0]].name == "a";
      begun = snapshot.requests.begun;
      ended = sum(snapshot.requests.ended);
    }
  });
  for (std::thread& thread : threads) thread.join();
  is_over = true;
  master.join();
  reader.join();
  CHECK(is_sound);
  const Snapshot snapshot = take_snapshot(*board);
  CHECK(snapshot.requests.begun == kWriters * kRequests);
  CHECK(snapshot.requests.ended[class_of(200)] == kWriters * kRequests);
  CHECK(snapshot.requests.bytes_out == 2 * kWriters * kRequests);
  CHECK(snapshot.routes[rows.routes[0]].totals.begun == kWriters * kRequests / 2);
  CHECK(snapshot.instances[rows.instances[1]].totals.attempts == kWriters * kRequests / 2);
}

}  // namespace
}  // namespace gateway
