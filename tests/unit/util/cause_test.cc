// SPDX-License-Identifier: MIT
#include "util/cause.h"

#include <set>
#include <string_view>
#include <vector>

#include "catch.h"

using namespace gateway;

namespace {

std::vector<Cause> all_failures() {
  std::vector<Cause> causes;
  for (int i = 1; i <= static_cast<int>(Cause::Internal); i++) {
    causes.push_back(static_cast<Cause>(i));
  }
  return causes;
}

}  // namespace

TEST_CASE("every cause has a status, an error code, a word and a sentence", "[util]") {
  for (const Cause cause : all_failures()) {
    const CauseInfo& row = info(cause);
    CAPTURE(row.word);
    CHECK(row.cause == cause);
    CHECK(row.status >= 400);
    CHECK(row.status < 600);
    CHECK_FALSE(row.error.empty());
    CHECK_FALSE(row.word.empty());
    CHECK_FALSE(row.message.empty());
  }
}

TEST_CASE("one error code always has the same status", "[util]") {
  for (const Cause a : all_failures()) {
    for (const Cause b : all_failures()) {
      if (info(a).error == info(b).error) CHECK(info(a).status == info(b).status);
    }
  }
}

TEST_CASE("causes are told apart by status and word", "[util]") {
  std::set<std::pair<int, std::string_view>> seen;
  for (const Cause cause : all_failures()) {
    CAPTURE(info(cause).word);
    CHECK(seen.emplace(info(cause).status, info(cause).word).second);
  }
}

TEST_CASE("causes answer as the contract says", "[util]") {
  CHECK(info(Cause::NoRoute).status == 404);
  CHECK(info(Cause::BodyLimit).error == "payload_too_large");
  CHECK(info(Cause::ConnectRefused).status == 503);
  CHECK(info(Cause::ConnectTimeout).error == "gateway_timeout");
  CHECK(info(Cause::UpstreamReset).status == 502);
  CHECK(info(Cause::UpstreamReset).word == "upstream_reset");
}

TEST_CASE("every status the gateway answers with has a reason phrase", "[util]") {
  for (const Cause cause : all_failures()) {
    if (info(cause).status == 499) continue;  // nobody is left to answer
    CAPTURE(info(cause).status);
    CHECK(reason_phrase(info(cause).status) != "Unknown");
  }
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(299) == "Unknown");
}
