// SPDX-License-Identifier: MIT
#include "cli/top_text.h"

#include <algorithm>

#include "catch.h"

namespace gateway::cli {
namespace {

TopFrame frame_of(std::size_t routes) {
  TopFrame frame;
  frame.generation = 7;
  frame.generations[5] = {0, 0, 2};
  frame.generations[7] = {0, 2, 0};
  for (std::size_t i = 0; i < routes; i++) {
    TopRoute row{"route-" + std::to_string(i), "s", {}};
    row.rates.requests = static_cast<double>(i);
    frame.routes.push_back(row);
  }
  frame.services.push_back({"", "s", {}});
  frame.instances.push_back({"s", "http://h:1", InstanceStatus::Up});
  frame.workers.push_back({3, 412, WorkerState::Draining, 5});
  return frame;
}

std::size_t lines_with(const std::vector<TopLine>& lines, const std::string& part) {
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
    return line.text.find(part) != std::string::npos;
  }));
}

TEST_CASE("numbers are short", "[cli]") {
  CHECK(short_number(0) == "0");
  CHECK(short_number(0.25) == "0.25");
  CHECK(short_number(12.34) == "12.3");
  CHECK(short_number(999) == "999");
  CHECK(short_number(999.99) == "1.0k");
  CHECK(short_number(1523.4) == "1.5k");
  CHECK(short_number(20e6) == "20.0M");
  CHECK(short_latency(std::nullopt) == "-");
  CHECK(short_latency(87.2) == "87us");
  CHECK(short_latency(1234) == "1.2ms");
  CHECK(short_latency(123'456) == "123ms");
  CHECK(short_latency(2'500'000) == "2.5s");
  CHECK(short_duration(3661) == "01:01:01");
  CHECK(short_duration(3 * 86'400 + 14'706) == "3d 04:05:06");
}

TEST_CASE("the busiest route comes first, and draining generations are named", "[cli]") {
  const auto lines = text_of(frame_of(3), {100, 200});
  CHECK(lines[0].text.find("generation 7 (draining: 5)") != std::string::npos);
  std::vector<std::string> names;
  for (const TopLine& line : lines) {
    if (line.text.starts_with("route-")) names.push_back(line.text.substr(0, 7));
  }
  CHECK(names == std::vector<std::string>{"route-2", "route-1", "route-0"});
  CHECK(lines_with(lines, "draining  ") == 1);  // the worker
}

TEST_CASE("it fits: long tables are cut, lines too", "[cli]") {
  for (const TopSize& size : {TopSize{24, 80}, TopSize{16, 40}, TopSize{5, 10}, TopSize{1, 1}}) {
    const auto lines = text_of(frame_of(100), size);
    CHECK(lines.size() <= size.rows);
    for (const TopLine& line : lines) {
      const auto width = std::count_if(line.text.begin(), line.text.end(),
                                       [](char c) { return (c & 0xc0) != 0x80; });
      CHECK(static_cast<std::size_t>(width) <= size.columns);
    }
  }
  const auto lines = text_of(frame_of(100), {24, 80});
  CHECK(lines_with(lines, "more") == 1);
  CHECK(lines_with(lines, "route-99") == 1);
  CHECK(lines_with(lines, "http://h:1") == 1);
  CHECK(lines_with(lines, "412") == 1);
}

TEST_CASE("what tells least is left out when there is little room", "[cli]") {
  TopFrame frame = frame_of(1);
  frame.instances[0].url = "http://10.0.0.1:8000";
  auto lines = text_of(frame, {100, 80});
  CHECK(lines_with(lines, "http://10.0.0.1:8000") == 1);
  CHECK(lines_with(lines, "P99") == 4);
  CHECK(lines_with(lines, "OUT B/S") == 0);
  lines = text_of(frame, {100, 120});
  CHECK(lines_with(lines, "OUT B/S") == 2);
  frame.instances[0].url = "http://" + std::string(200, 'h');
  lines = text_of(frame, {100, 80});
  CHECK(lines_with(lines, "hhh…") == 1);
  CHECK(lines_with(lines, "P99") == 4);
}

TEST_CASE("names cannot command the terminal", "[cli]") {
  TopFrame frame = frame_of(1);
  frame.instances[0].url = "unix:/a\x1b[2Jb\x7f";
  CHECK(lines_with(text_of(frame, {100, 200}), "unix:/a?[2Jb?") == 1);
}

}  // namespace
}  // namespace gateway::cli
