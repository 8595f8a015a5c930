// SPDX-License-Identifier: MIT
#include "process/start_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "catch.h"

using namespace gateway;

namespace {

struct Fixture {
  Fixture() {
    int ends[2];
    REQUIRE(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    reader = StartReader(UniqueFd(ends[0]));
    report = StartReport(UniqueFd(ends[1]));
  }
  StartReader reader{UniqueFd()};
  StartReport report;
};

}  // namespace

TEST_CASE("a start is awaited, and told with its warnings", "[process]") {
  Fixture f;
  CHECK(f.report.is_awaited());
  CHECK(f.reader.read() == StartReader::State::Waiting);
  f.report.warn("mind the gap");
  CHECK(f.reader.read() == StartReader::State::Waiting);
  f.report.ready();
  CHECK(f.reader.read() == StartReader::State::Ready);
  CHECK(f.reader.warnings() == "mind the gap");
  CHECK_FALSE(f.report.is_awaited());
}

TEST_CASE("a failed start says why, line by line as it was said", "[process]") {
  Fixture f;
  f.report.fail(Error{"x.json:1:2: wrong\n  { x\n    ^"});
  CHECK(f.reader.read() == StartReader::State::Failed);
  CHECK(f.reader.errors() == "x.json:1:2: wrong\n  { x\n    ^");
}

TEST_CASE("the end without a word is a failure too", "[process]") {
  Fixture f;
  f.report = StartReport();
  CHECK(f.reader.read() == StartReader::State::Failed);
  CHECK(f.reader.errors().empty());
}
