// SPDX-License-Identifier: MIT
#include "observe/access_log.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
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

std::vector<AccessField> all_fields() {
  std::vector<AccessField> fields;
  for (const AccessFieldInfo& row : kAccessFieldTable) fields.push_back(row.field);
  return fields;
}

// The line a record becomes, with its newline.
std::string line_of(const AccessRecord& record,
                    const std::vector<AccessField>& fields = all_fields()) {
  const test::ScratchDir dir;
  auto output = LogOutput::open(dir.file("access.log"));
  REQUIRE(output);
  AccessLog log(*output, /*worker=*/3, /*generation=*/7, fields, {});
  log.write(record);
  log.flush();
  return test::read_file(dir.file("access.log"));
}

std::vector<std::string> names_in(const std::string& line) {
  std::vector<std::string> names;
  const auto fields = ordered_json::parse(line);
  for (const auto& field : fields.items()) names.push_back(field.key());
  return names;
}

TEST_CASE("an access line has all fields in their order", "[observe]") {
  AccessRecord record = plain_record();
  record.query = "a=1";
  record.instance = "http://10.0.0.1:8080";
  record.queue_us = 1;
  record.connect_us = 1002;
  record.upstream_header_us = 20;
  record.upstream_us = 1'234'567;
  record.cause = Cause::UpstreamReset;
  record.detail = "after 12 bytes";
  record.trace_id = "0af7651916cd43dd8448eb211c80319c";
  record.parent_id = "b7ad6b7169203331";
  record.route = "orders";
  record.host = "api.example.com";
  record.user_agent = "curl/8.0";
  record.referer = "https://example.com/";
  const std::string line = line_of(record);
  CHECK(line.back() == '\n');
  CHECK(names_in(line) ==
        std::vector<std::string>{
            "timestamp",   "request_id",  "client",         "method",     "path",
            "query",       "protocol",    "target_service", "instance",   "upstream_path",
            "status_code", "duration_ms", "queue_ms",       "connect_ms", "upstream_header_ms",
            "upstream_ms", "bytes_in",    "bytes_out",      "attempts",   "cause",
            "detail",      "trace_id",    "parent_id",      "worker",     "generation",
            "route",       "host",        "user_agent",     "referer"});
  const json fields = json::parse(line);
  CHECK(fields["request_id"] == "abc-1");
  CHECK(fields["client"] == "192.0.2.7");
  CHECK(fields["method"] == "GET");
  CHECK(fields["path"] == "/api/service1/x");
  CHECK(fields["query"] == "a=1");
  CHECK(fields["protocol"] == "HTTP/1.1");
  CHECK(fields["target_service"] == "service1");
  CHECK(fields["instance"] == "http://10.0.0.1:8080");
  CHECK(fields["upstream_path"] == "/api/x");
  CHECK(fields["status_code"] == 200);
  CHECK(fields["duration_ms"] == 1.234);
  CHECK(fields["queue_ms"] == 0.001);
  CHECK(fields["connect_ms"] == 1.002);
  CHECK(fields["upstream_header_ms"] == 0.02);
  CHECK(fields["upstream_ms"] == 1234.567);
  CHECK(fields["bytes_in"] == 5);
  CHECK(fields["bytes_out"] == 10'737'418'240);
  CHECK(fields["attempts"] == 1);
  CHECK(fields["cause"] == "upstream_reset");
  CHECK(fields["detail"] == "after 12 bytes");
  CHECK(fields["trace_id"] == "0af7651916cd43dd8448eb211c80319c");
  CHECK(fields["parent_id"] == "b7ad6b7169203331");
  CHECK(fields["worker"] == 3);
  CHECK(fields["generation"] == 7);
  CHECK(fields["route"] == "orders");
  CHECK(fields["host"] == "api.example.com");
  CHECK(fields["user_agent"] == "curl/8.0");
  CHECK(fields["referer"] == "https://example.com/");
}

TEST_CASE("a line has the fields that are asked for, in that order", "[observe]") {
  CHECK(line_of(plain_record(), {AccessField::StatusCode, AccessField::Path}) ==
        R"({"status_code":200,"path":"/api/service1/x"})"
        "\n");
  // The first one is left out, all of them are.
  CHECK(line_of(plain_record(), {AccessField::Detail, AccessField::Worker}) == "{\"worker\":3}\n");
  CHECK(line_of(plain_record(), {AccessField::Detail}) == "{}\n");
}

TEST_CASE("a log knows what its lines say; one that is off says nothing", "[observe]") {
  const test::ScratchDir dir;
  auto output = LogOutput::open(dir.file("access.log"));
  auto off = LogOutput::open("off");
  const std::vector<AccessField> fields{AccessField::Path, AccessField::Referer};
  const AccessLog log(*output, 0, 1, fields, {});
  CHECK(log.has(AccessField::Path));
  CHECK(log.has(AccessField::Referer));
  CHECK_FALSE(log.has(AccessField::Query));
  CHECK(log.has_any(access_field_bit(AccessField::Query) | access_field_bit(AccessField::Path)));
  CHECK_FALSE(log.has_any(access_field_bit(AccessField::Query)));
  CHECK_FALSE(AccessLog(*off, 0, 1, fields, {}).has(AccessField::Path));
}

TEST_CASE("what is not known is null; a detail and trace ids are left out", "[observe]") {
  const auto fields = json::parse(line_of(AccessRecord{}));
  for (const char* name : {"method", "path", "query", "target_service", "instance", "upstream_path",
                           "queue_ms", "connect_ms", "upstream_header_ms", "upstream_ms", "cause",
                           "route", "host", "user_agent", "referer"}) {
    CAPTURE(name);
    CHECK(fields.at(name).is_null());
  }
  for (const char* name : {"detail", "trace_id", "parent_id"}) CHECK_FALSE(fields.contains(name));
  CHECK(fields.at("duration_ms") == 0);
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
  const std::string parsed = json::parse(line_of(record, {AccessField::Path})).at("path");
  CHECK(parsed.substr(0, 129) == path.substr(0, 129));
  CHECK(parsed.substr(parsed.size() - 5) == "caf\xc3\xa9");
}

// All texts are `value`, and every number is as long as it can be.
AccessRecord longest_record(std::string_view value) {
  AccessRecord record;
  for (auto member : {&AccessRecord::request_id, &AccessRecord::client, &AccessRecord::method,
                      &AccessRecord::path, &AccessRecord::query, &AccessRecord::protocol,
                      &AccessRecord::target_service, &AccessRecord::instance,
                      &AccessRecord::upstream_path, &AccessRecord::detail, &AccessRecord::trace_id,
                      &AccessRecord::parent_id, &AccessRecord::route, &AccessRecord::host,
                      &AccessRecord::user_agent, &AccessRecord::referer}) {
    record.*member = value;
  }
  record.status_code = std::numeric_limits<int>::min();
  for (auto member :
       {&AccessRecord::duration_us, &AccessRecord::queue_us, &AccessRecord::connect_us,
        &AccessRecord::upstream_header_us, &AccessRecord::upstream_us, &AccessRecord::bytes_in,
        &AccessRecord::bytes_out}) {
    record.*member = std::numeric_limits<std::uint64_t>::max() - 1;
  }
  record.attempts = std::numeric_limits<unsigned>::max();
  record.cause = Cause::ResponseHeaderTimeout;
  return record;
}

TEST_CASE("a line never exceeds its bound, whatever the values are", "[observe]") {
  for (const char* unit : {"x", "\"", "\x01", "\xff", "\xc3\xa9", "\xf0\x9f\x98\x80"}) {
    for (std::size_t shift = 0; shift < 7; shift++) {
      std::string value(shift, 'x');
      while (value.size() < 9000) value += unit;
      for (const auto& fields : {all_fields(), default_access_fields()}) {
        const std::string line = line_of(longest_record(value), fields);
        CHECK(line.size() <= LogOutput::kMaxLine);
        const std::string path = json::parse(line).at("path");
        CHECK(path.substr(path.size() - 3) == "…");
      }
    }
  }
}

TEST_CASE("no choice of fields makes a line too long", "[observe]") {
  const std::string value(9000, 'x');
  std::minstd_rand random(7);  // NOLINT: the same choices each time
  for (int round = 0; round < 300; round++) {
    std::vector<AccessField> fields = all_fields();
    std::shuffle(fields.begin(), fields.end(), random);
    fields.resize(1 + random() % fields.size());
    const std::string line = line_of(longest_record(value), fields);
    CHECK(line.size() <= LogOutput::kMaxLine);
    CHECK(json::parse(line).size() == fields.size());
  }
}

TEST_CASE("long values share the room of a line", "[observe]") {
  // Alone it has all of it.
  AccessRecord record = plain_record();
  const std::string whole(LogOutput::kMaxLine - std::string_view(R"({"path":""})"
                                                                 "\n")
                                                    .size(),
                          'x');
  record.path = whole;
  CHECK(json::parse(line_of(record, {AccessField::Path})).at("path") == whole);
  CHECK(line_of(record, {AccessField::Path}).size() == LogOutput::kMaxLine);
  // What a short path leaves over a long query may use.
  record = plain_record();
  const std::string query(1300, 'q');
  record.query = query;
  CHECK(json::parse(line_of(record, default_access_fields())).at("query") == query);
  // By default each of them has room for more than most ever need.
  const std::string text(650, 'x');
  record.path = record.query = record.upstream_path = text;
  const json line = json::parse(line_of(record, default_access_fields()));
  for (const char* name : {"path", "query", "upstream_path"}) CHECK(line.at(name) == text);
}

}  // namespace
}  // namespace gateway
