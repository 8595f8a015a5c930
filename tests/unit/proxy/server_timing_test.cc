// SPDX-License-Identifier: MIT
#include "proxy/server_timing.h"

#include "catch.h"

namespace gateway::proxy {
namespace {

std::string field_of(const Phases& phases, std::uint64_t now) {
  http::HeadWriter out;
  add_server_timing(out, phases, now);
  return std::string(out.view());
}

TEST_CASE("Server-Timing says where the time until the head went", "[proxy]") {
  Phases phases;
  phases.begin(1000, /*is_wanted=*/true);
  CHECK(field_of(phases, 1020) == "Server-Timing: gateway;dur=0.020\r\n");
  phases.on_attempt(1012);
  phases.on_connected(1500);
  phases.on_head(13'700);
  CHECK(field_of(phases, 13'700) ==
        "Server-Timing: queue;dur=0.012, connect;dur=0.488, upstream;dur=12.200, "
        "gateway;dur=12.700\r\n");
}

TEST_CASE("Server-Timing leaves out what did not happen", "[proxy]") {
  Phases phases;
  phases.begin(1000, /*is_wanted=*/true);
  phases.on_attempt(1012);
  phases.on_end(6012);  // cannot connect
  CHECK(field_of(phases, 6020) ==
        "Server-Timing: queue;dur=0.012, connect;dur=5.000, gateway;dur=5.020\r\n");
}

}  // namespace
}  // namespace gateway::proxy
