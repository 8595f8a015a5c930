// SPDX-License-Identifier: MIT
#include "config/problems.h"

#include <memory>
#include <string>

#include "catch.h"

using namespace gateway;

namespace {

Place place(std::string text, std::size_t offset) {
  return {std::make_shared<const Source>("a.json", std::move(text)), offset};
}

}  // namespace

TEST_CASE("a problem shows its line with a caret below the place", "[config]") {
  Problems problems;
  problems.add(place("{\n\t\"k\u00e9\": 1\r\n}", 9), "/k", "bad");
  CHECK(problems.text() == "a.json:2:7: /k: bad\n   \"k\u00e9\": 1\n        ^");
}

TEST_CASE("of a long line the part around the place is shown", "[config]") {
  Problems problems;
  problems.add(place(std::string(300, 'a') + "X" + std::string(300, 'b'), 300), "", "bad");
  CHECK(problems.text() == "a.json:1:301: bad\n  " + std::string(50, 'a') + "X" +
                               std::string(49, 'b') + "\n  " + std::string(50, ' ') + "^");
}

TEST_CASE("problems are in the order of the file, and many are counted", "[config]") {
  const auto source = std::make_shared<const Source>("a.json", std::string(200, '\n'));
  Problems problems;
  for (std::size_t i = 150; i > 0; i--) problems.add(Place{source, i}, "", "bad");
  const std::string text = problems.text();
  CHECK(text.substr(0, 12) == "a.json:52:1:");
  CHECK(text.find("a.json:151:1:") != std::string::npos);
  CHECK(text.substr(text.rfind('\n') + 1) == "and 50 more problems");
  CHECK(problems.is_full());
}

TEST_CASE("a pointer without a place takes that of the nearest ancestor", "[config]") {
  const Origins origins{{"/routes/1", {place("[1,\n2]", 4), {}}}, {"/workers", {{}, "GATEWAY_X"}}};
  Problems near;
  near.add(origins, "/routes/1/match/path_prefix", "bad");
  CHECK(near.text() == "a.json:2:1: /routes/1/match/path_prefix: bad\n  2]\n  ^");
  Problems variable;
  variable.add(origins, "/workers", "bad");
  CHECK(variable.text() == "/workers: GATEWAY_X: bad");
  Problems nowhere;
  nowhere.add(origins, "/pool/max_idle", "bad");
  CHECK(nowhere.text() == "/pool/max_idle: bad");
}

TEST_CASE("a step of a pointer escapes what pointers are made of", "[config]") {
  CHECK(pointer_step("a/b~c") == "/a~1b~0c");
  CHECK(pointer_step("a\nb") == "/a?b");
}
