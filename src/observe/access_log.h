// SPDX-License-Identifier: MIT
//
// AccessLog: one JSON line per request, batched, never blocking.
//
// Lines    at most 4 KiB; longer values are cut and marked with "…". Texts that are not known
//          are null. The timestamp is the moment of writing: the end of the exchange.
// Batches  flushed by flush() (each loop tick, 100 ms) or when 60 KiB are waiting.
// Source   field names: api-gateway(8), LOGS.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "observe/log_output.h"
#include "util/cause.h"

namespace gateway {

/// What one line says. Views need to live during AccessLog::write() only.
struct AccessRecord {
  std::string_view request_id;
  std::string_view client;          ///< address without port
  std::string_view method;          ///< empty when the request line could not be read
  std::string_view path;            ///< without query; raw bytes, escaped by the log
  std::string_view protocol;        ///< "HTTP/1.1"
  std::string_view target_service;  ///< empty: answered by the gateway itself
  std::string_view upstream_path;   ///< empty: never forwarded
  int status_code = 0;
  std::uint64_t duration_us = 0;  ///< first byte of the request until the end of the answer
  std::uint64_t bytes_in = 0;     ///< request body
  std::uint64_t bytes_out = 0;    ///< response body
  unsigned attempts = 0;
  Cause cause = Cause::None;
  std::string_view detail;  ///< more about the cause, for people; may be empty
};

class AccessLog {
 public:
  /// `worker` and `generation` appear in every line.
  AccessLog(LogOutput& output, unsigned worker, unsigned generation);

  void write(const AccessRecord& record);
  void flush();

 private:
  std::string_view timestamp();

  LogOutput& output_;
  unsigned worker_;
  unsigned generation_;
  std::int64_t stamped_second_ = -1;  ///< unix time of the text in stamp_
  std::array<char, 24> stamp_{};      ///< "2026-01-31T12:00:00.000Z"
};

}  // namespace gateway
