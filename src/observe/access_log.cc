// SPDX-License-Identifier: MIT
#include "observe/access_log.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "util/clock.h"
#include "util/json_escape.h"
#include "util/text.h"

namespace gateway {

struct AccessLine {
  const AccessRecord& record;
  std::string_view timestamp;
};

namespace {

using Line = AccessLine;

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

/// A text of our own, which has nothing to escape and fits.
char* put_own(char* out, std::string_view text) {
  *out++ = '"';
  out = put(out, text);
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

template <std::string_view AccessRecord::*member>
char* text_if_any(char* out, std::size_t max, const Line& line) {
  return (line.record.*member).empty() ? nullptr : put_text(out, max, line.record.*member);
}

template <auto AccessRecord::*member>
char* number(char* out, std::size_t max, const Line& line) {
  return put_number(out, max, line.record.*member);
}

char* timestamp(char* out, std::size_t, const Line& line) { return put_own(out, line.timestamp); }

/// In milliseconds.
template <std::uint64_t AccessRecord::*member>
char* time(char* out, std::size_t, const Line& line) {
  const std::uint64_t us = line.record.*member;
  if (us == AccessRecord::kNever) return put(out, "null");
  return write_milliseconds(out, us);
}

char* cause(char* out, std::size_t, const Line& line) {
  const std::string_view word = info(line.record.cause).word;
  return word.empty() ? put(out, "null") : put_own(out, word);
}

// --- the table -------------------------------------------------------------------------------

struct Field {
  AccessField field;
  std::size_t max;  // bytes of the value as written, with its quotes: at least those of "null"
  char* (*write)(char* out, std::size_t max, const Line& line);  // nullptr: the same in all lines
  unsigned share = 0;  // of the bytes that a line has left; `max` is what it gets in any case
};

template <class Number>
constexpr std::size_t kDigits = std::numeric_limits<Number>::digits10 + 2;  // with a sign

// One row per enumerator, in its order.
constexpr std::array<Field, kAccessFields> kFields{
    Field{AccessField::Timestamp, 26, timestamp},
    Field{AccessField::RequestId, 130, text<&AccessRecord::request_id>},
    Field{AccessField::Client, 64, text<&AccessRecord::client>},
    Field{AccessField::Method, 66, text<&AccessRecord::method>},
    Field{AccessField::Path, 300, text<&AccessRecord::path>, 4},
    Field{AccessField::Query, 300, text<&AccessRecord::query>, 3},
    Field{AccessField::Protocol, 18, text<&AccessRecord::protocol>},
    Field{AccessField::TargetService, 66, text<&AccessRecord::target_service>},
    Field{AccessField::Instance, 280, text<&AccessRecord::instance>},
    Field{AccessField::UpstreamPath, 300, text<&AccessRecord::upstream_path>, 4},
    Field{AccessField::StatusCode, kDigits<int>, number<&AccessRecord::status_code>},
    Field{AccessField::Duration, kMillisecondsSize, time<&AccessRecord::duration_us>},
    Field{AccessField::Queue, kMillisecondsSize, time<&AccessRecord::queue_us>},
    Field{AccessField::Connect, kMillisecondsSize, time<&AccessRecord::connect_us>},
    Field{AccessField::UpstreamHeader, kMillisecondsSize, time<&AccessRecord::upstream_header_us>},
    Field{AccessField::Upstream, kMillisecondsSize, time<&AccessRecord::upstream_us>},
    Field{AccessField::BytesIn, kDigits<std::uint64_t>, number<&AccessRecord::bytes_in>},
    Field{AccessField::BytesOut, kDigits<std::uint64_t>, number<&AccessRecord::bytes_out>},
    Field{AccessField::Attempts, kDigits<unsigned>, number<&AccessRecord::attempts>},
    Field{AccessField::Cause, 34, cause},
    Field{AccessField::Detail, 200, text_if_any<&AccessRecord::detail>},
    Field{AccessField::TraceId, 34, text_if_any<&AccessRecord::trace_id>},
    Field{AccessField::ParentId, 18, text_if_any<&AccessRecord::parent_id>},
    Field{AccessField::Worker, kDigits<unsigned>, nullptr},
    Field{AccessField::Generation, kDigits<unsigned>, nullptr},
    Field{AccessField::Route, 66, text<&AccessRecord::route>},
    Field{AccessField::Host, 260, text<&AccessRecord::host>},
    Field{AccessField::UserAgent, 260, text<&AccessRecord::user_agent>, 2},
    Field{AccessField::Referer, 300, text<&AccessRecord::referer>, 3},
};

const Field& row_of(AccessField field) { return kFields[static_cast<std::size_t>(field)]; }

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kFields.size(); i++) {
    if (kFields[i].field != static_cast<AccessField>(i)) return false;
  }
  return true;
}
static_assert(is_in_order());

constexpr std::size_t label_size(std::string_view name) {
  return std::string_view(",\"\":").size() + name.size();
}

constexpr std::size_t bytes_of(const Field& row) {
  return label_size(access_field_name(row.field)) + row.max;
}

constexpr bool is_same_in_all(AccessField field) {
  return field == AccessField::Worker || field == AccessField::Generation;
}

constexpr std::size_t longest_label() {
  std::size_t size = 0;
  for (const Field& row : kFields) {
    const std::size_t fixed = is_same_in_all(row.field) ? row.max : 0;
    size = std::max(size, label_size(access_field_name(row.field)) + fixed);
  }
  return size;
}

constexpr std::size_t kEnd = std::string_view("}\n").size();

// Every value has a bound, so a line has one: nothing needs to be checked while it is written.
constexpr std::size_t longest_line() {
  std::size_t size = kEnd;
  for (const Field& row : kFields) size += bytes_of(row);
  return size;
}
static_assert(longest_line() <= LogOutput::kMaxLine);

}  // namespace

AccessLog::AccessLog(LogOutput& output, unsigned worker, unsigned generation,
                     std::span<const AccessField> fields, std::span<const std::string> secrets)
    : output_(output), secrets_(secrets) {
  std::size_t left = LogOutput::kMaxLine - kEnd;
  unsigned shares = 0;
  for (const AccessField field : fields) {
    left -= bytes_of(row_of(field));
    shares += row_of(field).share;
  }
  for (const AccessField field : fields) {
    const Field& row = row_of(field);
    const std::size_t more = row.share == 0 ? 0 : left * row.share / shares;
    Column& column = columns_.emplace_back();
    char* end = put(column.label.data(), ",\"");
    end = put(put(end, access_field_name(field)), "\":");
    if (field == AccessField::Worker) end = put_number(end, row.max, worker);
    if (field == AccessField::Generation) end = put_number(end, row.max, generation);
    column.label_size = static_cast<std::size_t>(end - column.label.data());
    static_assert(longest_label() <= kLabel);
    column.max = row.max + more;
    column.takes_what_is_left = row.share != 0;
    column.write = row.write;
    if (!output.is_off()) selected_ |= access_field_bit(field);
  }
}

void AccessLog::write(const AccessRecord& record) {
  if (output_.is_off()) return;
  // Uninitialised: all that is read is written. Only part of what is copied of a label counts.
  std::array<char, LogOutput::kMaxLine + kLabel> buffer;
  const char* end = put_line(buffer.data(), {record, timestamp()});
  output_.append({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

char* AccessLog::put_line(char* out, const AccessLine& line) const {
  char* const begin = out;
  std::size_t left_over = 0;
  for (const Column& column : columns_) {
    std::memcpy(out, column.label.data(), kLabel);
    char* const value = out + column.label_size;
    if (column.write == nullptr) {
      out = value;
      continue;
    }
    const std::size_t max = column.max + (column.takes_what_is_left ? left_over : 0);
    char* const end = column.write(value, max, line);
    if (end == nullptr) continue;
    if (column.takes_what_is_left) left_over = max - static_cast<std::size_t>(end - value);
    out = end;
  }
  *begin = '{';  // in the place of a comma
  return put(out == begin ? out + 1 : out, "}\n");
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
