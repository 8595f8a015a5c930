// SPDX-License-Identifier: MIT
#include "process/control_reply.h"

#include "catch.h"

using namespace gateway;

TEST_CASE("a reply is one JSON object a line", "[process]") {
  CHECK(text_line("error", "a \"b\"\nc") == "{\"kind\":\"error\",\"text\":\"a \\\"b\\\"\\nc\"}\n");
  CHECK(result_line(true, "done", "\"generation\":3") ==
        "{\"kind\":\"result\",\"ok\":true,\"text\":\"done\",\"generation\":3}\n");
  CHECK(result_line(false, "") == "{\"kind\":\"result\",\"ok\":false,\"text\":\"\"}\n");
}
