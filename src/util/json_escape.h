// SPDX-License-Identifier: MIT
//
// JSON strings out of untrusted bytes: always valid JSON, whatever the bytes are.
//
// Bytes    well-formed UTF-8 is kept; every other byte >= 0x80 becomes \u00XX (its Latin-1
//          character), so that nothing is lost and a reader can see that it was there.
// Source   RFC 8259 §7 (escapes), RFC 3629 §4 (well-formed UTF-8).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gateway {

/// Appends `text` as a JSON string, with its quotes.
void append_json_string(std::string& out, std::string_view text);

/// Writes `text` escaped, without quotes, into the `size` (at least 3) bytes at `out` and returns
/// the end of what was written. What does not fit is cut between two characters, and "…" is the
/// last one then.
char* write_json_text(char* out, std::size_t size, std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace gateway
