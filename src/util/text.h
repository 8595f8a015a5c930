// SPDX-License-Identifier: MIT
//
// Text: small helpers for what people write and read. ASCII only, whatever the locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// Without the blanks (space, tab, CR, LF) around it.
std::string_view trim(std::string_view text);

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_ignore_case(std::string_view a, std::string_view b);

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }
constexpr bool is_hex(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); }

/// Digits only: no sign, no blanks, no other base. nullopt also when it does not fit.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// A decimal number up to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// The pieces between the separators; one piece, maybe empty, when there is none.
std::vector<std::string_view> split(std::string_view text, char separator);

/// In double quotes for a message: unprintable bytes as \xNN, cut after 200 bytes.
std::string quoted(std::string_view text);

/// The candidate that `word` is most likely a slip of (at most two edits away); empty when none.
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

inline constexpr std::size_t kMillisecondsSize = 22;
/// Writes microseconds as milliseconds with three decimals, "12.345": at most kMillisecondsSize
/// bytes. Returns their end.
char* write_milliseconds(char* out, std::uint64_t microseconds);

/// What an errno value means, e.g. "Permission denied".
std::string errno_text(int error);

}  // namespace gateway
