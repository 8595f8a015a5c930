// SPDX-License-Identifier: MIT
#include "observe/log.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "catch.h"
#include "scratch.h"

namespace gateway {
namespace {

// Sends the log of this process to a file, and back to standard error at the end of the test.
class LogToFile {
 public:
  explicit LogToFile(LogLevel level) : output_(*LogOutput::open(path())) {
    log::start(output_, level);
  }
  ~LogToFile() {
    static LogOutput standard_error = *LogOutput::open("stderr");
    log::start(standard_error, LogLevel::Info);
  }

  std::string text() const { return test::read_file(path()); }

 private:
  std::string path() const { return dir_.file("error.log"); }

  test::ScratchDir dir_;
  LogOutput output_;
};

TEST_CASE("a log line has time, level, pid and message", "[observe]") {
  const LogToFile log(LogLevel::Info);
  log::warn("worker exited pid={} status={}", 412, 11);
  std::string text = log.text();
  CAPTURE(text);
  std::replace_if(text.begin(), text.begin() + 24, ::isdigit, '0');
  CHECK(text == "0000-00-00T00:00:00.000Z warning [" + std::to_string(::getpid()) +
                    "] worker exited pid=412 status=11\n");
}

TEST_CASE("lines below the level are not written", "[observe]") {
  const LogToFile log(LogLevel::Error);
  log::info("quiet");
  log::warn("quiet");
  log::error("loud");
  log::critical("loud");
  CHECK(log.text().find("quiet") == std::string::npos);
  CHECK(test::lines_of(log.text()).size() == 2);
}

TEST_CASE("a level of off writes nothing", "[observe]") {
  const LogToFile log(LogLevel::Off);
  log::critical("quiet");
  CHECK(log.text().empty());
}

TEST_CASE("a value cannot pass for a line of its own", "[observe]") {
  const LogToFile log(LogLevel::Info);
  log::info("name={}", "a\n2026-01-31 forged\x1b[31m");
  CHECK(test::lines_of(log.text()).size() == 1);
  CHECK(log.text().find("name=a\\x0a2026-01-31 forged\\x1b[31m") != std::string::npos);
}

TEST_CASE("a long line is cut between characters and marked", "[observe]") {
  for (std::size_t shift = 0; shift < 2; shift++) {
    const LogToFile log(LogLevel::Info);
    std::string value(shift, 'x');
    while (value.size() < 5000) value += "\xc3\xa9";
    log::info("{}", value);
    const std::string text = log.text();
    CHECK(text.size() <= LogOutput::kMaxLine);
    CHECK(text.size() > LogOutput::kMaxLine - 4);
    CHECK(text.substr(text.size() - 6) == "\xc3\xa9…\n");
  }
}

}  // namespace
}  // namespace gateway
