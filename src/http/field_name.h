// SPDX-License-Identifier: MIT
//
// Field names and field values as lists: the lexical side of RFC 9110 §5.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "http/head.h"

namespace gateway::http {

/// tchar of RFC 9110 §5.6.2, the bytes a field name or method may have.
extern const std::array<bool, 256> kTokenByte;

/// Which field this is. `name` is a token.
FieldId classify(std::string_view name);

/// Whether a name with '_' would, after the '_' to '-' folding that CGI-like services do, be
/// taken for a field the gateway acts on: "X_Forwarded_For".
bool is_look_alike(std::string_view name);

/// Without leading and trailing SP and HTAB.
std::string_view trim_whitespace(std::string_view text);

/// The elements of a comma-separated value, trimmed, empty ones left out (RFC 9110 §5.6.1.2).
class ListReader {
 public:
  explicit ListReader(std::string_view value) : rest_(value) {}
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

}  // namespace gateway::http
