// SPDX-License-Identifier: MIT
//
// What the parts of a head may consist of.
//
// Source  RFC 9110 §5.5 (values), §5.6.2 (tokens).
#pragma once

#include <string_view>

namespace gateway::http {

/// Free of control characters other than HTAB. The eight bytes before the end of `text` are read
/// whatever its length: it stands behind a name, or a version, and they behind a first line.
bool is_text(std::string_view text);

bool is_token(std::string_view text);

}  // namespace gateway::http
