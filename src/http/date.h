// SPDX-License-Identifier: MIT
//
// The Date of an answer (RFC 9110 §5.6.7), formatted once a second.
#pragma once

#include <string_view>

namespace gateway::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT"; valid until the next call. One thread only.
std::string_view http_date();

}  // namespace gateway::http
