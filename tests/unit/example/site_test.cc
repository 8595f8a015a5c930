// SPDX-License-Identifier: MIT
#include "example/site.h"

#include "catch.h"

namespace gateway::example {
namespace {

TEST_CASE("each path has its page, with /api before it or not", "[example]") {
  struct Row {
    const char* path;
    PagePtr (*make)(const PageRequest&);
    const char* argument;
  };
  for (const Row& row : {
           Row{"/health", make_health, ""},
           Row{"/status/404", make_status, "404"},
           Row{"/status/", make_status, ""},
           Row{"/delay/0.5", make_delay, "0.5"},
           Row{"/stream", make_stream, ""},
           Row{"/bytes/1024", make_bytes, "1024"},
           Row{"/ws", make_websocket, ""},
           Row{"/", make_echo, ""},
           Row{"/anything/else", make_echo, ""},
           Row{"/healthy", make_echo, ""},
           Row{"/health/", make_echo, ""},
           Row{"/status", make_echo, ""},
       }) {
    CAPTURE(row.path);
    for (const std::string& path : {std::string(row.path), "/api" + std::string(row.path)}) {
      CHECK(match(path).make == row.make);
      CHECK(match(path).argument == row.argument);
    }
  }
  CHECK(match("*").make == make_echo);
  CHECK(match("/api").make == make_echo);
}

}  // namespace
}  // namespace gateway::example
