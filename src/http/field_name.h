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
inline constexpr auto kTokenByte = [] {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; c++) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; c++) table[c] = true;
  for (unsigned c = 'A'; c <= 'Z'; c++) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

/// Which field this is. `name` is a token.
FieldId classify(std::string_view name);

/// Whether a name with '_' would, after the '_' to '-' folding that CGI-like services do, be
/// taken for a field the gateway acts on: "X_Forwarded_For".
bool is_look_alike(std::string_view name);

/// Without leading and trailing SP and HTAB.
inline std::string_view trim_whitespace(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The elements of a comma-separated value, trimmed, empty ones left out (RFC 9110 §5.6.1.2).
class ListReader {
 public:
  explicit ListReader(std::string_view value) : rest_(value) {}
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

}  // namespace gateway::http
