// SPDX-License-Identifier: MIT
#include "cli/top_frame.h"

#include "catch.h"
#include "observe/board.h"

namespace gateway::cli {
namespace {

using gateway::test::make_board;
using gateway::test::names_of;
using gateway::test::start_worker;

constexpr std::size_t kFine = 1;  // the class 2xx

TEST_CASE("rates are what happened between two snapshots", "[cli]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a", "b"}), 1);
  WorkerSlot& worker = start_worker(board, 0, 1);
  worker.pid = 412;
  RouteCounters& route = worker.routes[rows.routes[0]];
  InstanceCounters& instance = worker.instances[rows.instances[0]];
  route.begun.add(100);
  route.ended[kFine].add(100);
  instance.attempts.add(50);
  instance.attempts_ended.add(50);
  const Snapshot before = take_snapshot(*board);
  for (int i = 0; i < 10; i++) {
    route.begin();
    if (i < 8) route.end({200, Cause::None, 2000, 5, 50}, /*was_tunnel=*/false);
    instance.attempts.add();
  }
  instance.fail(Cause::UpstreamReset);
  worker.clients.accepted.add(4);
  const TopFrame frame =
      make_frame(before, take_snapshot(*board), 2.0, board->started_at_ms + 90'000);

  CHECK(frame.interval_seconds == 2.0);
  CHECK(frame.uptime_seconds == 90.0);
  CHECK(frame.all.requests == 5.0);
  CHECK(frame.all.in_flight == 2);
  CHECK(frame.accepted == 2.0);
  CHECK(frame.connections == 4);
  const TopRoute& a = frame.routes.at(2);  // behind (none) and (endpoint)
  CHECK(a.route == "a");
  CHECK(a.rates.responses[kFine] == 4.0);
  CHECK(a.rates.requests_total == 110);
  CHECK(a.rates.bytes_in == 20.0);
  CHECK(a.rates.bytes_out == 200.0);
  CHECK(*a.rates.p99_us > 1600);
  CHECK(*a.rates.p99_us <= 2000);
  CHECK(frame.services.at(0).service == "a");
  CHECK(frame.services.at(0).rates.requests == 5.0);
  CHECK_FALSE(frame.services.at(1).rates.p50_us);
  CHECK(frame.instances.at(0).attempts == 5.0);
  CHECK(frame.instances.at(0).failures == 0.5);
  CHECK(frame.instances.at(0).in_flight == 10);
  CHECK(frame.workers.at(0).pid == 412);
  CHECK(frame.workers.at(0).rates.requests == 5.0);
}

TEST_CASE("a name that is new had nothing before", "[cli]") {
  SharedScoreboard board = make_board();
  board.assign_rows(names_of({"a"}), 1);
  start_worker(board, 0, 1);
  const Snapshot before = take_snapshot(*board);
  const SeriesRows rows = board.assign_rows(names_of({"new"}), 2);
  WorkerSlot& worker = start_worker(board, 1, 2);
  worker.routes[rows.routes[0]].begun.add(6);
  const TopFrame frame = make_frame(before, take_snapshot(*board), 1.0, 0);
  CHECK(frame.routes.back().route == "new");
  CHECK(frame.routes.back().rates.requests == 6.0);
  // What its slot had counted before is not known: nothing of it is a rate of the new worker.
  CHECK(frame.workers.at(1).rates.requests == 0.0);
}

TEST_CASE("a counter that was moved away is no negative rate", "[cli]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a"}), 1);
  Counter& begun = start_worker(board, 0, 1).routes[rows.routes[0]].begun;
  begun.add(10);
  const Snapshot before = take_snapshot(*board);
  begun.set(3);
  CHECK(make_frame(before, take_snapshot(*board), 1.0, 0).routes.back().rates.requests == 0);
}

}  // namespace
}  // namespace gateway::cli
