// SPDX-License-Identifier: MIT
#include "observe/access_log.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "util/clock.h"
#include "util/json_escape.h"

namespace gateway {
namespace {

struct Line {
  const AccessRecord& record;
  std::string_view timestamp;
  unsigned worker;
  unsigned generation;
};

char* put(char* out, std::string_view bytes) {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

char* put_text(char* out, std::size_t max, std::string_view text) {
  if (text.empty()) return put(out, "null");
  *out++ = '"';
  out = write_json_text(out, max - 2, text);
  *out++ = '"';
  return out;
}

template <class Number>
char* put_number(char* out, std::size_t max, Number number) {
  return std::to_chars(out, out + max, number).ptr;
}

// --- values: write at most `max` bytes to `out`; nullptr leaves the field out ----------------

template <std::string_view AccessRecord::*member>
char* text(char* out, std::size_t max, const Line& line) {
  return put_text(out, max, line.record.*member);
}

template <auto AccessRecord::*member>
char* number(char* out, std::size_t max, const Line& line) {
  return put_number(out, max, line.record.*member);
}

template <unsigned Line::*member>
char* origin(char* out, std::size_t max, const Line& line) {
  return put_number(out, max, line.*member);
}

char* timestamp(char* out, std::size_t max, const Line& line) {
  return put_text(out, max, line.timestamp);
}

char* duration(char* out, std::size_t max, const Line& line) {
  const std::uint64_t us = line.record.duration_us;
  out = put_number(out, max - 4, us / 1000);
  *out++ = '.';
  *out++ = static_cast<char>('0' + us / 100 % 10);
  *out++ = static_cast<char>('0' + us / 10 % 10);
  *out++ = static_cast<char>('0' + us % 10);
  return out;
}

char* cause(char* out, std::size_t max, const Line& line) {
  return put_text(out, max, info(line.record.cause).word);
}

char* detail(char* out, std::size_t max, const Line& line) {
  return line.record.detail.empty() ? nullptr : put_text(out, max, line.record.detail);
}

// --- the table -------------------------------------------------------------------------------

struct Field {
  std::string_view name;
  std::size_t max;  // bytes of the value as written, with its quotes
  char* (*write)(char* out, std::size_t max, const Line& line);
};

template <class Number>
constexpr std::size_t kDigits = std::numeric_limits<Number>::digits10 + 2;  // with a sign

constexpr std::array kFields{
    Field{"timestamp", 26, timestamp},
    Field{"request_id", 130, text<&AccessRecord::request_id>},
    Field{"client", 64, text<&AccessRecord::client>},
    Field{"method", 66, text<&AccessRecord::method>},
    Field{"path", 1400, text<&AccessRecord::path>},
    Field{"protocol", 18, text<&AccessRecord::protocol>},
    Field{"target_service", 130, text<&AccessRecord::target_service>},
    Field{"upstream_path", 1400, text<&AccessRecord::upstream_path>},
    Field{"status_code", kDigits<int>, number<&AccessRecord::status_code>},
    Field{"duration_ms", kDigits<std::uint64_t> + 4, duration},
    Field{"bytes_in", kDigits<std::uint64_t>, number<&AccessRecord::bytes_in>},
    Field{"bytes_out", kDigits<std::uint64_t>, number<&AccessRecord::bytes_out>},
    Field{"attempts", kDigits<unsigned>, number<&AccessRecord::attempts>},
    Field{"cause", 34, cause},
    Field{"detail", 400, detail},
    Field{"worker", kDigits<unsigned>, origin<&Line::worker>},
    Field{"generation", kDigits<unsigned>, origin<&Line::generation>},
};

// Every value has a bound, so a line has one: nothing needs to be checked while it is written.
constexpr std::size_t longest_line() {
  std::size_t size = std::string_view("}\n").size();
  for (const Field& field : kFields) {
    size += std::string_view("{\"\":").size() + field.name.size() + field.max;
  }
  return size;
}
static_assert(longest_line() <= LogOutput::kMaxLine);

char* put_line(char* out, const Line& line) {
  char separator = '{';
  for (const Field& field : kFields) {
    char* const start = out;
    *out++ = separator;
    *out++ = '"';
    out = put(out, field.name);
    out = put(out, "\":");
    out = field.write(out, field.max, line);
    if (out == nullptr) out = start;
    separator = ',';
  }
  return put(out, "}\n");
}

}  // namespace

AccessLog::AccessLog(LogOutput& output, unsigned worker, unsigned generation)
    : output_(output), worker_(worker), generation_(generation) {}

void AccessLog::write(const AccessRecord& record) {
  if (output_.is_off()) return;
  std::array<char, longest_line()> buffer;  // uninitialised: all of it that is read is written
  const char* end = put_line(buffer.data(), Line{record, timestamp(), worker_, generation_});
  output_.append({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

void AccessLog::flush() { output_.flush(); }

// The date is formatted once a second, the milliseconds each time.
std::string_view AccessLog::timestamp() {
  const std::int64_t now = unix_ms();
  if (now / 1000 != stamped_second_) {
    stamped_second_ = now / 1000;
    utc_timestamp(now).copy(stamp_.data(), stamp_.size());
  }
  constexpr std::size_t kMilliseconds = std::string_view("2026-01-31T12:00:00.").size();
  const std::int64_t ms = now % 1000;
  stamp_[kMilliseconds] = static_cast<char>('0' + ms / 100);
  stamp_[kMilliseconds + 1] = static_cast<char>('0' + ms / 10 % 10);
  stamp_[kMilliseconds + 2] = static_cast<char>('0' + ms % 10);
  return {stamp_.data(), stamp_.size()};
}

}  // namespace gateway
