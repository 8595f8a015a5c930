// SPDX-License-Identifier: MIT
#include "observe/series.h"

#include "board.h"
#include "catch.h"
#include "observe/snapshot.h"

namespace gateway {
namespace {

using test::make_board;
using test::names_of;
using test::start_worker;

using Numbers = std::vector<std::uint32_t>;

TEST_CASE("a name keeps its row, wherever it stands", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows first = board.assign_rows(names_of({"a", "b", "c"}), 1);
  const SeriesRows second = board.assign_rows(names_of({"c", "x", "a"}), 2);
  CHECK(second.routes[0] == first.routes[2]);
  CHECK(second.routes[2] == first.routes[0]);
  CHECK(second.instances[0] == first.instances[2]);
  CHECK(second.instances[2] == first.instances[0]);
  for (const std::uint32_t row : first.routes) CHECK(second.routes[1] != row);
  CHECK(board.assign_rows(names_of({"b"}), 3).routes[0] == first.routes[1]);
}

TEST_CASE("a route that is given to another service counts anew", "[observe]") {
  SharedScoreboard board = make_board();
  const auto rows = board.assign_rows({{{"r", "a"}}, {}}, 1);
  CHECK(board.assign_rows({{{"r", "b"}}, {}}, 2).routes != rows.routes);
  CHECK(board.assign_rows({{{"r", "a"}}, {}}, 3).routes == rows.routes);
}

TEST_CASE("no name gets a row that has a meaning already", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a"}), 1);
  CHECK(rows.routes[0] >= Names::kFirstRoute);
  CHECK(rows.instances[0] >= Names::kFirstInstance);
  CHECK(board->names.routes[Names::kNoRoute].route.read() == "(none)");
  CHECK(board->names.routes[Names::kEndpoint].route.read() == "(endpoint)");
  CHECK(board->names.routes[Names::kOtherRoute].route.read() == "(other)");
  CHECK(board->names.instances[Names::kOtherInstance].url.read() == "(other)");
}

TEST_CASE("names have their longest length", "[observe]") {
  SharedScoreboard board = make_board();
  const std::string name(63, 'n');
  const std::string url = "http://" + std::string(253, 'u') + ":65535";
  const SeriesRows rows = board.assign_rows({{{name, name}}, {{name, url}}}, 1);
  CHECK(board->names.routes[rows.routes[0]].route.read() == name);
  CHECK(board->names.routes[rows.routes[0]].service.read() == name);
  CHECK(board->names.instances[rows.instances[0]].url.read() == url);
}

SeriesNames many(const std::string& prefix, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; i++) names.push_back(prefix + std::to_string(i));
  return names_of(names);
}

TEST_CASE("names that find no room are counted together", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(many("n", Names::kInstances + 10), 1);
  CHECK(rows.routes[Names::kRoutes - Names::kFirstRoute - 1] == Names::kRoutes - 1);
  CHECK(rows.routes[Names::kRoutes - Names::kFirstRoute] == Names::kOtherRoute);
  CHECK(rows.instances.back() == Names::kOtherInstance);
  CHECK(board->names.routes_used == Names::kRoutes);
  CHECK(board->names.instances_used == Names::kInstances);
}

TEST_CASE("a row is given away when no worker has its name, and its counts stay in the totals",
          "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows old = board.assign_rows(many("old", 2), 1);
  WorkerSlot& first = start_worker(board, 0, 1);
  first.routes[old.routes[0]].begin();
  first.routes[old.routes[0]].end({200, Cause::None, 700, 3, 4}, /*was_tunnel=*/false);
  first.routes[old.routes[1]].begin();
  first.instance(old.instances[0]).attempts.add(5);
  // The next generation needs every row that is left and two more.
  board->generation = 2;
  const SeriesNames wanted = many("new", Names::kRoutes - Names::kFirstRoute);
  const SeriesRows rows = board.assign_rows(wanted, 2);
  CHECK(std::count(rows.routes.begin(), rows.routes.end(), Names::kOtherRoute) == 2);

  first.routes[old.routes[1]].settle();
  first.state = WorkerState::Free;  // generation 1 is gone
  start_worker(board, 1, 2);
  const SeriesRows later = board.assign_rows(wanted, 3);
  CHECK(std::count(later.routes.begin(), later.routes.end(), Names::kOtherRoute) == 0);
  CHECK(std::count(later.routes.begin(), later.routes.end(), old.routes[0]) == 1);
  CHECK(first.routes[old.routes[0]].begun.read() == 0);
  const Snapshot snapshot = take_snapshot(*board);
  CHECK(snapshot.requests.begun == 2);
  CHECK(snapshot.requests.lost == 1);
  CHECK(snapshot.requests.bytes_out == 4);
  CHECK(snapshot.requests.duration.count() == 1);
  CHECK(snapshot.routes[Names::kOtherRoute].totals.begun == 2);
}

TEST_CASE("an instance whose row is given away leaves no state to the next", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows old = board.assign_rows(many("old", 1), 1);
  start_worker(board, 0, 1).instance(old.instances[0]).attempts.add(5);
  board->names.instances[old.instances[0]].state.status = InstanceStatus::Down;
  start_worker(board, 0, 3);
  board->generation = 3;
  const auto wanted = many("new", Names::kInstances - Names::kFirstInstance);
  const SeriesRows rows = board.assign_rows(wanted, 3);
  const auto heir = std::find(rows.instances.begin(), rows.instances.end(), old.instances[0]);
  REQUIRE(heir != rows.instances.end());
  CHECK(board->names.instances[*heir].state.status == InstanceStatus::Unknown);
  CHECK(take_snapshot(*board).instances[Names::kOtherInstance].totals.attempts == 5);
}

TEST_CASE("a generation that drains keeps its names", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows old = board.assign_rows(many("old", 2), 1);
  start_worker(board, 0, 1).state = WorkerState::Draining;
  start_worker(board, 1, 2);
  board->generation = 2;
  const SeriesRows rows = board.assign_rows(many("new", Names::kRoutes), 2);
  for (const std::uint32_t row : old.routes) {
    CHECK(std::count(rows.routes.begin(), rows.routes.end(), row) == 0);
  }
}

TEST_CASE("an instance keeps its state in the next generation", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a", "b"}), 1);
  Meters meters = meters_of(board->workers[0], board->names, rows);
  meters.instances[1].state->status = InstanceStatus::Down;
  meters = meters_of(board->workers[1], board->names, board.assign_rows(names_of({"b"}), 2));
  CHECK(meters.instances[0].state->status == InstanceStatus::Down);
}

TEST_CASE("a worker counts in its own slot", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a", "b"}), 1);
  const Meters meters = meters_of(board->workers[3], board->names, rows);
  meters.routes[1]->begin();
  meters.no_route->begin();
  meters.endpoint->begin();
  meters.instances[0].counters->attempts.add();
  meters.clients->accepted.add();
  const WorkerSlot& slot = board->workers[3];
  CHECK(slot.routes[rows.routes[1]].begun.read() == 1);
  CHECK(slot.routes[Names::kNoRoute].begun.read() == 1);
  CHECK(slot.routes[Names::kEndpoint].begun.read() == 1);
  CHECK(slot.instances[rows.instances[0]].attempts.read() == 1);
  CHECK(slot.clients.accepted.read() == 1);
}

}  // namespace
}  // namespace gateway
