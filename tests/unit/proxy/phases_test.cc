// SPDX-License-Identifier: MIT
#include "proxy/phases.h"

#include "catch.h"

namespace gateway::proxy {
namespace {

constexpr auto kNever = Phases::kNever;

Phases begun() {
  Phases phases;
  phases.begin(1000, /*is_wanted=*/true);
  return phases;
}

TEST_CASE("before the first attempt no phase has happened", "[proxy]") {
  Phases phases = begun();
  CHECK(phases.queue() == kNever);
  CHECK(phases.connect() == kNever);
  CHECK(phases.upstream_header() == kNever);
  CHECK(phases.upstream() == kNever);
  CHECK(phases.since_start(1500) == 500);
  phases.on_end(1100);  // refused before there was an attempt
  CHECK(phases.upstream() == kNever);
}

TEST_CASE("an attempt on a kept connection does not connect", "[proxy]") {
  Phases phases = begun();
  phases.on_attempt(1010);
  phases.on_kept_connection();
  phases.on_head(1200);
  phases.on_end(1300);
  CHECK(phases.queue() == 10);
  CHECK(phases.connect() == kNever);
  CHECK(phases.upstream_header() == 190);
  CHECK(phases.upstream() == 290);
}

TEST_CASE("connecting is told apart from waiting for the head", "[proxy]") {
  Phases phases = begun();
  phases.on_attempt(1010);
  phases.on_connected(1060);
  CHECK(phases.upstream_header() == kNever);
  phases.on_head(1200);
  phases.on_end(1200);
  CHECK(phases.connect() == 50);
  CHECK(phases.upstream_header() == 140);
  CHECK(phases.upstream() == 190);
}

TEST_CASE("the connects of all attempts count, the head is that of the last", "[proxy]") {
  Phases phases = begun();
  phases.on_attempt(1010);
  phases.on_end(1110);  // refused
  CHECK(phases.connect() == 100);
  CHECK(phases.upstream() == 100);
  phases.on_attempt(1120);
  phases.on_connected(1150);
  phases.on_head(1200);
  phases.on_end(1250);
  CHECK(phases.queue() == 10);
  CHECK(phases.connect() == 130);
  CHECK(phases.upstream_header() == 50);
  CHECK(phases.upstream() == 240);
}

TEST_CASE("a kept connection that was stale leaves no head behind", "[proxy]") {
  Phases phases = begun();
  phases.on_attempt(1010);
  phases.on_kept_connection();
  phases.on_end(1020);
  phases.on_attempt(1030);
  phases.on_end(1090);  // cannot connect again
  CHECK(phases.connect() == 60);
  CHECK(phases.upstream_header() == kNever);
  CHECK(phases.upstream() == 80);
}

TEST_CASE("the first end of an answer counts", "[proxy]") {
  Phases phases = begun();
  phases.on_attempt(1010);
  phases.on_kept_connection();
  phases.on_head(1020);
  phases.on_end(1100);
  phases.on_end(2000);
  CHECK(phases.upstream() == 90);
}

TEST_CASE("phases nobody asks for look at no clock", "[proxy]") {
  Phases phases;
  phases.begin(1000, /*is_wanted=*/false);
  CHECK(phases.now() == 0);
  phases.on_attempt(phases.now());
  phases.on_connected(phases.now());
  phases.on_head(phases.now());
  phases.on_end(phases.now());
  CHECK(phases.queue() == kNever);
  CHECK(phases.upstream_header() == kNever);
  CHECK(phases.upstream() == kNever);
  phases.want();
  CHECK(phases.now() > 0);
}

TEST_CASE("nothing of one exchange is left in the phases of the next", "[proxy]") {
  Phases phases = begun();
  phases.on_attempt(1010);
  phases.on_connected(1020);
  phases.on_head(1030);
  phases.on_end(1040);
  phases.begin(2000, /*is_wanted=*/true);
  CHECK(phases.queue() == kNever);
  CHECK(phases.connect() == kNever);
  CHECK(phases.upstream_header() == kNever);
  CHECK(phases.upstream() == kNever);
}

}  // namespace
}  // namespace gateway::proxy
