// SPDX-License-Identifier: MIT
#include "observe/scoreboard.h"

#include <sys/wait.h>
#include <unistd.h>

#include "catch.h"

namespace gateway {
namespace {

TEST_CASE("what a child counts its parent sees", "[observe]") {
  const auto board = Scoreboard::map();
  REQUIRE(board);
  WorkerSlot& slot = (*board)->workers[1];
  add(slot.requests, std::uint64_t{2});
  const pid_t child = ::fork();
  if (child == 0) {
    add(slot.requests, std::uint64_t{40});
    ::_exit(0);
  }
  REQUIRE(child > 0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(slot.requests == 42);
}

TEST_CASE("a new generation starts with unknown instances and leaves the old one's", "[observe]") {
  const auto board = Scoreboard::map();
  REQUIRE(board);
  for (std::uint32_t generation : {1U, 2U}) {
    InstanceSlot& slot = (*board)->instances_of(generation)[5];
    slot.status = InstanceStatus::Down;
    slot.last_error = Cause::ConnectRefused;
    slot.changed_at_ms = 1;
  }
  (*board)->restart_instances(3);
  const InstanceSlot& fresh = (*board)->instances_of(3)[5];
  CHECK(fresh.status == InstanceStatus::Unknown);
  CHECK(fresh.last_error == Cause::None);
  CHECK(fresh.changed_at_ms == 0);
  CHECK((*board)->instances_of(2)[5].status == InstanceStatus::Down);
}

}  // namespace
}  // namespace gateway
