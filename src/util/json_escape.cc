// SPDX-License-Identifier: MIT
#include "util/json_escape.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace gateway {
namespace {

constexpr std::string_view kCutMark = "…";

constexpr unsigned to_byte(char c) { return static_cast<unsigned char>(c); }

// Bytes that stand for themselves. DEL needs no escape in JSON; it gets one for the terminal.
constexpr auto kIsPlain = [] {
  std::array<bool, 256> plain{};
  for (unsigned byte = 0x20; byte < 0x7f; byte++) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

std::size_t count_plain(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && kIsPlain[to_byte(text[count])]) count++;
  return count;
}

constexpr std::size_t kWord = sizeof(std::uint64_t);

// Copies eight bytes; whether all of them are plain. A byte that is not makes the top bit of its
// place, or of one above it, appear in one of the terms; when all are plain nothing is borrowed.
bool copy_plain_word(char* out, const char* bytes) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, kWord);
  std::memcpy(out, &word, kWord);
  const std::uint64_t control = word - kEach * 0x20;
  const std::uint64_t quote = (word ^ kEach * '"') - kEach;
  const std::uint64_t backslash = (word ^ kEach * '\\') - kEach;
  const std::uint64_t del = (word ^ kEach * 0x7f) - kEach;
  return ((word | control | quote | backslash | del) & kEach * 0x80) == 0;
}

// The end of the copy, or nullptr when not all of `text` is plain: nearly all texts are, and this
// is what a line of the access log costs most.
char* copy_plain(char* out, std::string_view text) {
  const char* const bytes = text.data();
  const std::size_t size = text.size();
  if (size < kWord) {
    for (std::size_t i = 0; i < size; i++) {
      if (!kIsPlain[to_byte(bytes[i])]) return nullptr;
      out[i] = bytes[i];
    }
    return out + size;
  }
  const std::size_t last = size - kWord;  // this word overlaps the one before it
  for (std::size_t at = 0; copy_plain_word(out + at, bytes + at); at = std::min(at + kWord, last)) {
    if (at == last) return out + size;
  }
  return nullptr;
}

struct Utf8Row {
  unsigned first_low, first_high;    // range of the first byte
  unsigned second_low, second_high;  // range of the second; all others are 80..BF
  std::size_t length;
};

// RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF.
constexpr std::array kUtf8Rows{
    Utf8Row{0x00, 0x7f, 0x00, 0x00, 1}, Utf8Row{0xc2, 0xdf, 0x80, 0xbf, 2},
    Utf8Row{0xe0, 0xe0, 0xa0, 0xbf, 3}, Utf8Row{0xe1, 0xec, 0x80, 0xbf, 3},
    Utf8Row{0xed, 0xed, 0x80, 0x9f, 3}, Utf8Row{0xee, 0xef, 0x80, 0xbf, 3},
    Utf8Row{0xf0, 0xf0, 0x90, 0xbf, 4}, Utf8Row{0xf1, 0xf3, 0x80, 0xbf, 4},
    Utf8Row{0xf4, 0xf4, 0x80, 0x8f, 4},
};

bool is_sequence(std::string_view text, const Utf8Row& row) {
  if (text.size() < row.length) return false;
  if (row.length == 1) return true;
  if (to_byte(text[1]) < row.second_low || to_byte(text[1]) > row.second_high) return false;
  return std::all_of(text.begin() + 2, text.begin() + static_cast<std::ptrdiff_t>(row.length),
                     [](char c) { return (to_byte(c) & 0xc0) == 0x80; });
}

// Bytes of the UTF-8 sequence at the start of `text` (not empty), 0 when it is malformed.
std::size_t utf8_length(std::string_view text) {
  for (const Utf8Row& row : kUtf8Rows) {
    if (to_byte(text[0]) >= row.first_low && to_byte(text[0]) <= row.first_high) {
      return is_sequence(text, row) ? row.length : 0;
    }
  }
  return 0;
}

// One character of a text, and what it looks like in a JSON string.
struct Character {
  std::size_t consumed;
  std::array<char, 6> bytes{};
  std::size_t size = 0;

  std::string_view view() const { return {bytes.data(), size}; }
};

Character literal(std::size_t consumed, std::string_view bytes) {
  Character character{consumed};
  character.size = bytes.copy(character.bytes.data(), character.bytes.size());
  return character;
}

Character escape(char c) {
  switch (c) {
    case '"': return literal(1, "\\\"");
    case '\\': return literal(1, "\\\\");
    case '\b': return literal(1, "\\b");
    case '\f': return literal(1, "\\f");
    case '\n': return literal(1, "\\n");
    case '\r': return literal(1, "\\r");
    case '\t': return literal(1, "\\t");
    default: break;
  }
  static constexpr std::string_view kHex = "0123456789abcdef";
  const std::array<char, 6> code{'\\', 'u', '0', '0', kHex[to_byte(c) >> 4], kHex[to_byte(c) & 15]};
  return literal(1, {code.data(), code.size()});
}

Character first_character(std::string_view text) {
  if (kIsPlain[to_byte(text[0])]) return literal(1, text.substr(0, 1));
  const std::size_t length = to_byte(text[0]) < 0x80 ? 0 : utf8_length(text);
  return length == 0 ? escape(text[0]) : literal(length, text.substr(0, length));
}

char* put(char* out, std::string_view bytes) {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = count_plain(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const Character character = first_character(text);
    out.append(character.view());
    text.remove_prefix(character.consumed);
  }
  out += '"';
}

char* write_json_text(char* out, std::size_t size, std::string_view text) {
  if (text.size() <= size) {
    if (char* end = copy_plain(out, text)) return end;
  }
  const char* const limit = out + size;
  char* cut = out;  // the last end of a character that leaves room for the mark
  while (!text.empty()) {
    const auto room = static_cast<std::size_t>(limit - out);
    if (room > kCutMark.size()) {
      const std::size_t plain = count_plain(text.substr(0, room - kCutMark.size()));
      cut = out = put(out, text.substr(0, plain));
      text.remove_prefix(plain);
      if (text.empty()) break;
    }
    const Character character = first_character(text);
    if (static_cast<std::size_t>(limit - out) < character.size) return put(cut, kCutMark);
    out = put(out, character.view());
    text.remove_prefix(character.consumed);
    if (static_cast<std::size_t>(limit - out) >= kCutMark.size()) cut = out;
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace gateway
