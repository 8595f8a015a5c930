// SPDX-License-Identifier: MIT
#include "observe/shared_scoreboard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "board.h"
#include "catch.h"
#include "observe/snapshot.h"

namespace gateway {
namespace {

using test::make_board;
using test::names_of;

UniqueFd duplicate(const SharedScoreboard& board) {
  return UniqueFd(::fcntl(board.file(), F_DUPFD_CLOEXEC, 0));
}

TEST_CASE("what a child counts its parent sees", "[observe]") {
  const SharedScoreboard board = make_board();
  Counter& counter = board->workers[1].routes[0].begun;
  counter.add(2);
  const pid_t child = ::fork();
  if (child == 0) {
    counter.add(40);
    ::_exit(0);
  }
  REQUIRE(child > 0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(counter.read() == 42);
}

TEST_CASE("a child killed while it counts leaves every counter whole", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a"}), 1);
  WorkerSlot& slot = test::start_worker(board, 0, 1);
  RouteCounters& route = slot.routes[rows.routes[0]];
  for (int round = 0; round < 20; round++) {
    const std::uint64_t before = route.begun.read();
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) {
        route.begin();
        route.end({200, Cause::None, 1000, 1, 1}, /*was_tunnel=*/false);
      }
    }
    REQUIRE(child > 0);
    while (route.begun.read() < before + 1000) {
    }
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    route.settle();
    const RouteTotals totals = take_snapshot(*board).requests;
    // In flight was one, whatever the moment.
    CHECK(totals.begun == sum(totals.ended) + totals.lost);
    CHECK(totals.lost <= static_cast<std::uint64_t>(round) + 1);
    // What is counted as ended is counted whole; of a killed one some of it may be counted.
    for (const std::uint64_t counted : {totals.duration.count(), totals.bytes_in}) {
      CHECK(counted >= sum(totals.ended));
      CHECK(counted <= totals.begun);
    }
  }
}

TEST_CASE("the program that follows goes on counting", "[observe]") {
  SharedScoreboard board = make_board();
  const SeriesRows rows = board.assign_rows(names_of({"a"}), 1);
  board->workers[0].routes[rows.routes[0]].begun.add(5);
  auto adopted = SharedScoreboard::adopt(duplicate(board));
  REQUIRE(adopted);
  CHECK(adopted->assign_rows(names_of({"b", "a"}), 2).routes[1] == rows.routes[0]);
  CHECK((*adopted)->workers[0].routes[rows.routes[0]].begun.read() == 5);
  CHECK((*adopted)->started_at_ms == board->started_at_ms);
  CHECK((::fcntl(adopted->file(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("memory of another version is refused", "[observe]") {
  for (const bool is_magic : {false, true}) {
    const SharedScoreboard board = make_board();
    if (is_magic) {
      board->magic = 1;
    } else {
      board->layout.fingerprint++;
    }
    const auto adopted = SharedScoreboard::adopt(duplicate(board));
    REQUIRE_FALSE(adopted);
    CHECK(adopted.error().message.find("another version") != std::string::npos);
    CHECK_FALSE(ScoreboardView::open(duplicate(board)));
  }
}

TEST_CASE("a file that is no scoreboard is refused before it is read", "[observe]") {
  CHECK_FALSE(ScoreboardView::open(UniqueFd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC))));
  CHECK_FALSE(ScoreboardView::open(UniqueFd()));
  UniqueFd unsealed(::memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(::ftruncate(unsealed.get(), sizeof(Scoreboard)) == 0);
  CHECK_FALSE(ScoreboardView::open(std::move(unsealed)));
}

TEST_CASE("nobody can change its size", "[observe]") {
  const SharedScoreboard board = make_board();
  CHECK(::ftruncate(board.file(), 0) != 0);
}

TEST_CASE("the scoreboard of a process is found by its pid", "[observe]") {
  const SharedScoreboard board = make_board();
  board->generation = 7;
  const auto view = find_scoreboard(::getpid());
  REQUIRE(view);
  CHECK((*view)->generation == 7);
  CHECK_FALSE(find_scoreboard(999'999'999));
}

TEST_CASE("a new scoreboard uses little memory", "[observe]") {
  const SharedScoreboard board = make_board();
  struct stat facts {};
  REQUIRE(::fstat(board.file(), &facts) == 0);
  CHECK(facts.st_blocks * 512 < 64 << 10);
}

}  // namespace
}  // namespace gateway
