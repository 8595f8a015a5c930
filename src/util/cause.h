// SPDX-License-Identifier: MIT
//
// Cause: the machine-readable reason why an exchange did not end as asked.
//
// The same word appears in the access log, in the error body and in metrics. One table
// (cause.cc) gives each cause its status, its `error` code and its words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gateway {

enum class Cause : std::uint8_t {
  None,
  // The request is answered by the gateway because of what it asked.
  NoRoute,
  Method,
  // The request is malformed or ambiguous (RFC 9112 §2-7): 400.
  BadRequestLine,
  BadTarget,
  BadHost,
  BadHeader,
  BadLength,
  ConflictingLength,
  BadTransferEncoding,
  BadChunk,
  EscapesPrefix,
  // Limits and patience, downstream.
  ClientTimeout,
  BodyLimit,
  TargetLimit,
  HeadLimit,
  Expectation,
  // Not implemented.
  ConnectMethod,
  TransferCoding,
  Version,
  // Upstream.
  ConnectRefused,
  ConnectUnreachable,
  DnsFailure,
  NoInstance,
  ConnectTimeout,
  ResponseHeaderTimeout,
  UpstreamIdleTimeout,
  RequestTimeout,
  UpstreamReset,
  UpstreamClosed,
  BadResponse,
  // Nobody is left to answer, or the process is.
  ClientClosed,
  ClientWriteTimeout,
  TunnelIdle,
  Shutdown,
  DrainLimit,
  Internal,
};

inline constexpr std::size_t kCauseCount = static_cast<std::size_t>(Cause::Internal) + 1;

struct CauseInfo {
  Cause cause;
  int status;  ///< HTTP status of the gateway's own answer; 499 where there is nobody to answer
  std::string_view error;    ///< `error` of the JSON body, e.g. "bad_gateway"
  std::string_view word;     ///< `cause` in body, log and metrics, e.g. "upstream_reset"
  std::string_view message;  ///< one sentence for people
};

const CauseInfo& info(Cause cause);

/// RFC 9110 §15 reason phrase of a status the gateway itself can answer with; "Unknown" otherwise.
std::string_view reason_phrase(int status);

}  // namespace gateway
