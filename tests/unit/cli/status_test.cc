// SPDX-License-Identifier: MIT
#include <sstream>
#include <string>

#include "catch.h"
#include "cli/control.h"

using namespace gateway;

TEST_CASE("a status is told to people in a few lines", "[cli]") {
  std::ostringstream out;
  REQUIRE(cli::print_status(
      R"({"version":"1.0","pid":7,"state":"running","summary":"generation 2 serves with 1 worker, 1 drains",
          "uptime_seconds":273600,"generation":2,"listeners":["127.0.0.1:8000"],
          "admin":"127.0.0.1:9090","config_file":"/etc/x.json",
          "generations":[
            {"number":2,"state":"serving","cut_in_seconds":null,"workers":[{"connections":3,"exchanges":1}]},
            {"number":1,"state":"draining","cut_in_seconds":570,"tunnels_ended":true,
             "workers":[{"connections":1,"exchanges":1},{"connections":2,"exchanges":0}]}],
          "last_reload":{"ok":true,"at":"2026-01-31T12:00:00.000Z","generation":2,"error":null}})",
      out));
  CHECK(out.str() ==
        "api-gateway 1.0, pid 7, running, up 3d 4h: generation 2 serves with 1 worker, 1 drains\n"
        "  listening     127.0.0.1:8000\n"
        "  admin         127.0.0.1:9090\n"
        "  configuration /etc/x.json\n"
        "  generation 2  serving  1 worker, 3 connections, 1 request in progress\n"
        "  generation 1  draining 2 workers, 3 connections, 1 request in progress, "
        "cut in 9m 30s, tunnels ended\n"
        "  last reload   ok at 2026-01-31T12:00:00.000Z\n");
}

TEST_CASE("what is no status is not told", "[cli]") {
  std::ostringstream out;
  CHECK_FALSE(cli::print_status("[]", out));
  CHECK_FALSE(cli::print_status("{", out));
}
