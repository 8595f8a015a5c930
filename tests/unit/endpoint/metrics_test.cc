// SPDX-License-Identifier: MIT
#include <set>
#include <sstream>
#include <string>

#include "catch.h"
#include "endpoint/endpoints.h"
#include "observe/board.h"

namespace gateway::endpoint {
namespace {

using gateway::test::names_of;
using gateway::test::start_worker;

// What a worker of generation 2 says; "old" is a name of generation 1.
class Fixture {
 public:
  Fixture() {
    old = board.assign_rows(names_of({"old", "a"}), 1);
    rows = board.assign_rows(names_of({"a", "b"}), 2);
    board->generation = 2;
    start_worker(board, 0, 2);
  }

  std::string page() {
    const Meters meters = meters_of(board->workers[0], board->names, rows);
    return metrics({config, *board, meters, 2});
  }
  WorkerSlot& slot(std::uint32_t number) { return board->workers[number]; }

  Config config;
  SharedScoreboard board = gateway::test::make_board();
  SeriesRows old;
  SeriesRows rows;
};

bool has(const std::string& text, const std::string& part) {
  return text.find("\n" + part) != std::string::npos;
}

TEST_CASE("the page has what all workers counted", "[endpoint]") {
  Fixture gateway;
  start_worker(gateway.board, 1, 2).state = WorkerState::Free;  // has ended
  for (std::uint32_t number : {0U, 1U}) {
    RouteCounters& route = gateway.slot(number).routes[gateway.rows.routes[1]];
    route.begin();
    route.begin();
    route.end({502, Cause::UpstreamReset, 1500, 7, 9}, /*was_tunnel=*/false);
    InstanceCounters& instance = gateway.slot(number).instances[gateway.rows.instances[1]];
    instance.attempts.add(3);
    instance.retries.add(1);
    instance.fail(Cause::UpstreamReset);
    instance.respond(200, 900);
    gateway.slot(number).clients.accepted.add(4);
  }
  gateway.board->names.instances[gateway.rows.instances[0]].state.status = InstanceStatus::Up;
  gateway.board->names.instances[gateway.rows.instances[1]].state.status = InstanceStatus::Down;
  const std::string page = gateway.page();
  for (const char* line : {
           R"(api_gateway_requests_total{route="b",service="b",status="5xx"} 2)",
           R"(api_gateway_requests_total{route="a",service="a",status="2xx"} 0)",
           R"(api_gateway_request_failures_total{route="b",service="b",cause="upstream_reset"} 2)",
           R"(api_gateway_requests_in_flight{route="b",service="b"} 2)",
           R"(api_gateway_request_duration_seconds_count{route="b",service="b"} 2)",
           R"(api_gateway_request_duration_seconds_sum{route="b",service="b"} 0.003000)",
           R"(api_gateway_request_body_bytes_total{route="b",service="b"} 14)",
           R"(api_gateway_response_body_bytes_total{route="b",service="b"} 18)",
           R"(api_gateway_upstream_up{service="a",url="http://a"} 1)",
           R"(api_gateway_upstream_up{service="b",url="http://b"} 0)",
           R"(api_gateway_upstream_attempts_total{service="b",url="http://b"} 6)",
           R"(api_gateway_upstream_retries_total{service="b",url="http://b"} 2)",
           R"(api_gateway_upstream_responses_total{service="b",url="http://b",status="2xx"} 2)",
           "api_gateway_client_connections_total 8",
           R"(api_gateway_client_connections{worker="0"} 4)",
           R"(api_gateway_workers{state="serving"} 1)",
           "api_gateway_generation 2",
       }) {
    INFO(line);
    CHECK(has(page, std::string(line) + "\n"));
  }
}

TEST_CASE("no two samples have the same name and labels, and each metric is declared once",
          "[endpoint]") {
  Fixture gateway;
  std::istringstream lines(gateway.page());
  std::set<std::string> series;
  std::set<std::string> declared;
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      name = line.substr(7, line.find(' ', 7) - 7);
      CHECK(declared.insert(name).second);
    } else if (line.starts_with("# TYPE ")) {
      CHECK(line.starts_with("# TYPE " + name + " "));
    } else {
      CHECK(line.starts_with(name));
      CHECK(series.insert(line.substr(0, line.rfind(' '))).second);
    }
  }
  CHECK(declared.size() > 25);
}

TEST_CASE("names that are gone are left out, and so is what nothing was counted under",
          "[endpoint]") {
  Fixture gateway;
  gateway.slot(0).routes[gateway.old.routes[0]].begin();
  CHECK_FALSE(has(gateway.page(), R"(api_gateway_requests_total{route="old")"));
  CHECK_FALSE(has(gateway.page(), R"x(api_gateway_requests_total{route="(other)")x"));
  CHECK(has(gateway.page(), R"x(api_gateway_requests_total{route="(none)")x"));
  gateway.slot(0).routes[Names::kOtherRoute].begin();
  CHECK(has(gateway.page(), R"x(api_gateway_requests_total{route="(other)")x"));
}

}  // namespace
}  // namespace gateway::endpoint
