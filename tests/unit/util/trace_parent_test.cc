// SPDX-License-Identifier: MIT
#include "util/trace_parent.h"

#include <string>

#include "catch.h"

namespace gateway {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = "b7ad6b7169203331";
const std::string kValid = "00-" + kTrace + "-" + kParent + "-01";

std::string with(std::size_t at, std::string_view text) {
  std::string value = kValid;
  return value.replace(at, text.size(), text);
}

TEST_CASE("the ids of a valid traceparent are found", "[util]") {
  for (const std::string& value :
       {kValid, with(53, "00"), with(53, "ff"), with(0, "01"), with(0, "cc"), with(0, "fe"),
        with(0, "01") + "-", with(0, "cc") + "-what-the-future-will-be-like"}) {
    CAPTURE(value);
    const auto parsed = parse_trace_parent(value);
    REQUIRE(parsed);
    CHECK(parsed->trace_id == kTrace);
    CHECK(parsed->parent_id == kParent);
  }
}

TEST_CASE("a traceparent that is not valid has no ids", "[util]") {
  const std::string zeros(32, '0');
  for (const std::string& value : {
           std::string(),        std::string("00"),
           kValid.substr(0, 54), kValid + "-",
           kValid + "0",         " " + kValid,
           kValid + " ",  // trimmed by the parser
           with(0, "ff"),        with(0, "0"),
           with(0, "0g"),        with(0, "FE"),        // version
           with(0, "01") + "0",  with(0, "01") + ".",  // more without a dash
           with(2, "_"),         with(35, "_"),
           with(52, "_"),                                        // dashes
           with(3, zeros),       with(36, zeros.substr(0, 16)),  // ids of zeros
           with(3, "0AF7"),      with(3, "g"),
           with(34, "-"),        with(36, "B"),
           with(51, "x"),        with(53, "0"),
           with(53, "0A"),       with(53, "0-"),  // flags
       }) {
    if (value == kValid) continue;  // a replacement that changed nothing
    CAPTURE(value);
    CHECK_FALSE(parse_trace_parent(value));
  }
}

}  // namespace
}  // namespace gateway
