// SPDX-License-Identifier: MIT
#include "observe/access_log.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "scratch.h"
#include "util/clock.h"

namespace gateway {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

AccessRecord plain_record() {
  AccessRecord record;
  record.request_id = "abc-1";
  record.client = "192.0.2.7";
  record.method = "GET";
  record.path = "/api/service1/x";
  record.protocol = "HTTP/1.1";
  record.target_service = "service1";
  record.upstream_path = "/api/x";
  record.status_code = 200;
  record.duration_us = 1234;
  record.bytes_in = 5;
  record.bytes_out = 10'737'418'240;
  record.attempts = 1;
  return record;
}

// The line a record becomes, with its newline.
std::string line_of(const AccessRecord& record) {
  const test::ScratchDir dir;
  auto output = LogOutput::open(dir.file("access.log"));
  REQUIRE(output);
  AccessLog log(*output, /*worker=*/3, /*generation=*/7);
  log.write(record);
  log.flush();
  return test::read_file(dir.file("access.log"));
}

TEST_CASE("an access line has all fields in their order", "[observe]") {
  AccessRecord record = plain_record();
  record.cause = Cause::UpstreamReset;
  record.detail = "after 12 bytes";
  const std::string line = line_of(record);
  CHECK(line.back() == '\n');
  const auto fields = ordered_json::parse(line);
  std::vector<std::string> names;
  for (const auto& field : fields.items()) names.push_back(field.key());
  CHECK(names == std::vector<std::string>{"timestamp", "request_id", "client", "method", "path",
                                          "protocol", "target_service", "upstream_path",
                                          "status_code", "duration_ms", "bytes_in", "bytes_out",
                                          "attempts", "cause", "detail", "worker", "generation"});
  CHECK(fields["request_id"] == "abc-1");
  CHECK(fields["client"] == "192.0.2.7");
  CHECK(fields["method"] == "GET");
  CHECK(fields["path"] == "/api/service1/x");
  CHECK(fields["protocol"] == "HTTP/1.1");
  CHECK(fields["target_service"] == "service1");
  CHECK(fields["upstream_path"] == "/api/x");
  CHECK(fields["status_code"] == 200);
  CHECK(fields["bytes_in"] == 5);
  CHECK(fields["bytes_out"] == 10'737'418'240);
  CHECK(fields["attempts"] == 1);
  CHECK(fields["cause"] == "upstream_reset");
  CHECK(fields["detail"] == "after 12 bytes");
  CHECK(fields["worker"] == 3);
  CHECK(fields["generation"] == 7);
}

TEST_CASE("what is not known is null and a missing detail is left out", "[observe]") {
  const auto fields = json::parse(line_of(AccessRecord{}));
  for (const char* name : {"method", "path", "target_service", "upstream_path", "cause"}) {
    CAPTURE(name);
    CHECK(fields.at(name).is_null());
  }
  CHECK_FALSE(fields.contains("detail"));
}

TEST_CASE("a duration has three decimals", "[observe]") {
  struct Row {
    std::uint64_t us;
    const char* text;
  };
  for (const Row& row :
       {Row{0, "0.000"}, Row{7, "0.007"}, Row{1234, "1.234"}, Row{60'000'050, "60000.050"}}) {
    AccessRecord record = plain_record();
    record.duration_us = row.us;
    CHECK(line_of(record).find("\"duration_ms\":" + std::string(row.text) + ",") !=
          std::string::npos);
  }
}

TEST_CASE("the timestamp is the time of writing, in UTC with milliseconds", "[observe]") {
  const std::string before = utc_timestamp(unix_ms());
  const std::string stamp = json::parse(line_of(plain_record())).at("timestamp");
  const std::string after = utc_timestamp(unix_ms());
  CHECK(stamp.size() == std::string("2026-01-31T12:00:00.000Z").size());
  CHECK(before <= stamp);
  CHECK(stamp <= after);
}

TEST_CASE("any byte in a path gives valid JSON", "[observe]") {
  std::string path = "/";
  for (int byte = 0; byte < 256; byte++) path += static_cast<char>(byte);
  path += "caf\xc3\xa9";
  AccessRecord record = plain_record();
  record.path = path;
  const std::string parsed = json::parse(line_of(record)).at("path");
  CHECK(parsed.substr(0, 129) == path.substr(0, 129));
  CHECK(parsed.substr(parsed.size() - 5) == "caf\xc3\xa9");
}

TEST_CASE("a line never exceeds its bound, whatever the values are", "[observe]") {
  for (const char* unit : {"x", "\"", "\x01", "\xff", "\xc3\xa9", "\xf0\x9f\x98\x80"}) {
    for (std::size_t shift = 0; shift < 7; shift++) {
      std::string value(shift, 'x');
      while (value.size() < 9000) value += unit;
      AccessRecord record = plain_record();
      for (auto member :
           {&AccessRecord::request_id, &AccessRecord::client, &AccessRecord::method,
            &AccessRecord::path, &AccessRecord::protocol, &AccessRecord::target_service,
            &AccessRecord::upstream_path, &AccessRecord::detail}) {
        record.*member = value;
      }
      record.status_code = std::numeric_limits<int>::min();
      record.duration_us = record.bytes_in = record.bytes_out =
          std::numeric_limits<std::uint64_t>::max();
      record.attempts = std::numeric_limits<unsigned>::max();
      record.cause = Cause::ResponseHeaderTimeout;
      const std::string line = line_of(record);
      CHECK(line.size() <= LogOutput::kMaxLine);
      const std::string path = json::parse(line).at("path");
      CHECK(path.substr(path.size() - 3) == "…");
    }
  }
}

TEST_CASE("a long path that still fits is not cut", "[observe]") {
  AccessRecord record = plain_record();
  const std::string path(1398, 'x');
  record.path = path;
  CHECK(json::parse(line_of(record)).at("path") == path);
}

}  // namespace
}  // namespace gateway
