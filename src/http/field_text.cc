// SPDX-License-Identifier: MIT
#include "http/field_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "http/field_name.h"

namespace gateway::http {
namespace {

bool is_text_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

// Whether any of the eight bytes at `bytes` is a control character. Where one is, those behind it
// in the word may be taken for others.
bool has_control(const char* bytes) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t below_space = word - kEach * 0x20;
  const std::uint64_t is_del = (word & kEach * 0x7f) + kEach;
  return ((below_space | is_del) & ~word & kEach * 0x80) != 0;
}

}  // namespace

// Eight bytes at a time, and only where there is a suspect one by one.
bool is_text(std::string_view text) {
  constexpr std::ptrdiff_t kWord = 8;
  if (text.empty()) return true;
  const char* const end = text.data() + text.size();
  const char* next = text.data();
  while (end - next > kWord && !has_control(next)) next += kWord;
  if (end - next <= kWord && !has_control(end - kWord)) return true;
  return std::all_of(next, end, is_text_byte);
}

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!kTokenByte[static_cast<unsigned char>(c)]) return false;
  }
  return !text.empty();
}

}  // namespace gateway::http
