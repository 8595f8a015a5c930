// SPDX-License-Identifier: MIT
//
// AccessField: what a line of the access log can say, and what that is called there.
//
// One table has the names, in the order of a line; how each is written is in
// observe/access_log.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gateway {

enum class AccessField : std::uint8_t {
  Timestamp,
  RequestId,
  Client,
  Method,
  Path,
  Query,
  Protocol,
  TargetService,
  Instance,
  UpstreamPath,
  StatusCode,
  Duration,
  Queue,
  Connect,
  UpstreamHeader,
  Upstream,
  BytesIn,
  BytesOut,
  Attempts,
  Cause,
  Detail,
  TraceId,
  ParentId,
  Worker,
  Generation,
  // Only when asked for.
  Route,
  Host,
  UserAgent,
  Referer,
};

inline constexpr std::size_t kAccessFields = static_cast<std::size_t>(AccessField::Referer) + 1;

struct AccessFieldInfo {
  AccessField field;
  std::string_view name;  ///< its key in a line
  bool is_default;        ///< in a line that nobody configured
};

// One row per enumerator, in its order.
inline constexpr std::array<AccessFieldInfo, kAccessFields> kAccessFieldTable{
    AccessFieldInfo{AccessField::Timestamp, "timestamp", true},
    AccessFieldInfo{AccessField::RequestId, "request_id", true},
    AccessFieldInfo{AccessField::Client, "client", true},
    AccessFieldInfo{AccessField::Method, "method", true},
    AccessFieldInfo{AccessField::Path, "path", true},
    AccessFieldInfo{AccessField::Query, "query", true},
    AccessFieldInfo{AccessField::Protocol, "protocol", true},
    AccessFieldInfo{AccessField::TargetService, "target_service", true},
    AccessFieldInfo{AccessField::Instance, "instance", true},
    AccessFieldInfo{AccessField::UpstreamPath, "upstream_path", true},
    AccessFieldInfo{AccessField::StatusCode, "status_code", true},
    AccessFieldInfo{AccessField::Duration, "duration_ms", true},
    AccessFieldInfo{AccessField::Queue, "queue_ms", true},
    AccessFieldInfo{AccessField::Connect, "connect_ms", true},
    AccessFieldInfo{AccessField::UpstreamHeader, "upstream_header_ms", true},
    AccessFieldInfo{AccessField::Upstream, "upstream_ms", true},
    AccessFieldInfo{AccessField::BytesIn, "bytes_in", true},
    AccessFieldInfo{AccessField::BytesOut, "bytes_out", true},
    AccessFieldInfo{AccessField::Attempts, "attempts", true},
    AccessFieldInfo{AccessField::Cause, "cause", true},
    AccessFieldInfo{AccessField::Detail, "detail", true},
    AccessFieldInfo{AccessField::TraceId, "trace_id", true},
    AccessFieldInfo{AccessField::ParentId, "parent_id", true},
    AccessFieldInfo{AccessField::Worker, "worker", true},
    AccessFieldInfo{AccessField::Generation, "generation", true},
    AccessFieldInfo{AccessField::Route, "route", false},
    AccessFieldInfo{AccessField::Host, "host", false},
    AccessFieldInfo{AccessField::UserAgent, "user_agent", false},
    AccessFieldInfo{AccessField::Referer, "referer", false},
};

constexpr std::string_view access_field_name(AccessField field) {
  return kAccessFieldTable[static_cast<std::size_t>(field)].name;
}

/// A set of fields is the sum of their bits.
constexpr std::uint64_t access_field_bit(AccessField field) {
  return std::uint64_t{1} << static_cast<unsigned>(field);
}
static_assert(kAccessFields <= 64);

std::optional<AccessField> parse_access_field(std::string_view name);
std::vector<AccessField> default_access_fields();

}  // namespace gateway
