// SPDX-License-Identifier: MIT
//
// AccessLog: one JSON line per request, batched, never blocking.
//
// Fields   those that the configuration lists, in that order; chosen once, when the log is made.
// Lines    at most 4 KiB; longer values are cut and marked with "…". Texts that are not known
//          are null. The timestamp is the moment of writing: the end of the exchange.
// Secrets  are masked by whoever fills the record, with secrets(), before they are kept.
// Batches  flushed by flush() (each loop tick, 100 ms) or when 60 KiB are waiting.
// Source   field names: api-gateway(8), LOGS.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "observe/log_output.h"
#include "observe/secret_mask.h"
#include "util/access_field.h"
#include "util/cause.h"

namespace gateway {

/// What one line says. Views need to live during AccessLog::write() only.
struct AccessRecord {
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  std::string_view request_id;
  std::string_view client;          ///< address without port
  std::string_view method;          ///< empty when the request line could not be read
  std::string_view path;            ///< without query; raw bytes, escaped by the log
  std::string_view query;           ///< without '?', masked
  std::string_view protocol;        ///< "HTTP/1.1"
  std::string_view target_service;  ///< empty: answered by the gateway itself
  std::string_view instance;        ///< URL of the one that was tried last
  std::string_view upstream_path;   ///< empty: never forwarded
  int status_code = 0;
  std::uint64_t duration_us = 0;  ///< the request's head complete until the end of the answer
  std::uint64_t queue_us = kNever;
  std::uint64_t connect_us = kNever;
  std::uint64_t upstream_header_us = kNever;
  std::uint64_t upstream_us = kNever;
  std::uint64_t bytes_in = 0;   ///< request body
  std::uint64_t bytes_out = 0;  ///< response body
  unsigned attempts = 0;
  Cause cause = Cause::None;
  std::string_view detail;  ///< more about the cause, for people; may be empty
  std::string_view trace_id;
  std::string_view parent_id;
  std::string_view route;
  std::string_view host;  ///< as the client sent it
  std::string_view user_agent;
  std::string_view referer;  ///< masked
};

struct AccessLine;  // of access_log.cc

class AccessLog {
 public:
  /// `worker` and `generation` appear in every line. `fields`: each at most once. `secrets`: names
  /// of query parameters.
  AccessLog(LogOutput& output, unsigned worker, unsigned generation,
            std::span<const AccessField> fields, std::span<const std::string> secrets);

  /// Whether a line says this: what nobody reads need not be collected.
  bool has(AccessField field) const { return has_any(access_field_bit(field)); }
  bool has_any(std::uint64_t fields) const { return (selected_ & fields) != 0; }
  const SecretMask& secrets() const { return secrets_; }

  void write(const AccessRecord& record);
  void flush();

 private:
  static constexpr std::size_t kLabel = 32;  ///< all of it is copied: one size costs least

  /// A field as it is written by this log.
  struct Column {
    std::array<char, kLabel> label;  ///< ,"name": and the value, where it is always the same
    std::size_t label_size;
    std::size_t max;          ///< bytes of the value as written, with its quotes
    bool takes_what_is_left;  ///< may use what such columns before it did not need
    char* (*write)(char* out, std::size_t max, const AccessLine& line);  ///< or nullptr
  };

  char* put_line(char* out, const AccessLine& line) const;
  std::string_view timestamp();

  LogOutput& output_;
  std::vector<Column> columns_;
  std::uint64_t selected_ = 0;  ///< see access_field_bit(); 0 when the log is off
  SecretMask secrets_;
  std::int64_t stamped_second_ = -1;  ///< unix time of the text in stamp_
  std::array<char, 24> stamp_{};      ///< "2026-01-31T12:00:00.000Z"
};

}  // namespace gateway
