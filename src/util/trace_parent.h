// SPDX-License-Identifier: MIT
//
// TraceParent: the ids in a traceparent field, by which the logs of several programs are joined.
//
// Untrusted  nothing but lower-case hexadecimal digits comes out.
// Source     W3C Trace Context (2021-11-23) §3.2, and its §4 for versions to come.
#pragma once

#include <optional>
#include <string_view>

namespace gateway {

struct TraceParent {
  std::string_view trace_id;   ///< 32 digits
  std::string_view parent_id;  ///< 16 digits: the caller's own part of the trace
};

/// Views into `value`; nullopt when it is not valid.
std::optional<TraceParent> parse_trace_parent(std::string_view value);

}  // namespace gateway
