// SPDX-License-Identifier: MIT
#include "http/target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "util/text.h"

namespace gateway::http {
namespace {

/// unreserved and sub-delims of RFC 3986 §2, which a name may have.
constexpr auto kRegNameByte = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < table.size(); c++) {
    const char byte = static_cast<char>(c);
    table[c] = is_digit(byte) || is_letter(byte) ||
               std::string_view("-._~!$&'()*+,;=").find(byte) != std::string_view::npos;
  }
  return table;
}();

enum TargetByte : std::uint8_t { kBad = 1, kPercent = 2 };

constexpr auto kTargetByte = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < table.size(); c++) {
    const bool is_visible = c > 0x20 && c < 0x7f;
    table[c] = !is_visible || c == '#' ? kBad : c == '%' ? kPercent : 0;
  }
  return table;
}();

bool is_encoding(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && is_hex(text[1]) && is_hex(text[2]);
}

bool is_valid_port(std::string_view port) {
  if (port.empty()) return true;
  std::uint16_t number = 0;
  const char* end = port.data() + port.size();
  const auto [next, error] = std::from_chars(port.data(), end, number);
  return error == std::errc{} && next == end && port.size() <= 5;
}

bool is_ipv6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size()) return false;
  std::copy(text.begin(), text.end(), terminated.begin());
  in6_addr address{};
  return ::inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

/// What a service may take for a segment's end besides '/'.
struct Separators {
  bool encoded_slash;
  bool backslash;
};

constexpr char kEncodedSlash = '\x01';

// One character of a segment, with the encodings that matter here undone.
struct Unit {
  char value;
  std::size_t length;
};

Unit read_unit(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return {text[0], 1};
  const char low = static_cast<char>(text[2] | 0x20);
  if (text[1] == '2' && low == 'e') return {'.', 3};
  if (text[1] == '2' && low == 'f') return {kEncodedSlash, 3};
  if (text[1] == '5' && low == 'c') return {'\\', 3};
  if (text[1] == '3' && low == 'b') return {';', 3};
  return {text[0], 1};
}

bool walks_out(std::string_view rest, Separators separators) {
  long depth = 0;
  std::size_t dots = 0;    // of a segment that so far has only dots
  bool other = false;      // the segment has something else
  bool parameter = false;  // behind ';'
  const auto end_segment = [&] {
    if (!other && dots == 2) depth--;
    if (other || dots > 2) depth++;
    dots = 0;
    other = parameter = false;
    return depth >= 0;
  };
  while (!rest.empty()) {
    const Unit unit = read_unit(rest);
    rest.remove_prefix(unit.length);
    const bool ends = unit.value == '/' ||
                      (unit.value == kEncodedSlash && separators.encoded_slash) ||
                      (unit.value == '\\' && separators.backslash);
    if (ends) {
      if (!end_segment()) return true;
    } else if (parameter) {
      continue;
    } else if (unit.value == ';') {
      parameter = true;
    } else if (unit.value == '.') {
      dots++;
    } else {
      other = true;
    }
  }
  return !end_segment();
}

}  // namespace

bool is_valid_authority(std::string_view authority) {
  std::size_t end = 0;
  if (!authority.empty() && authority[0] == '[') {
    end = authority.find(']');
    if (end == authority.npos || !is_ipv6(authority.substr(1, end - 1))) return false;
    end++;
  } else {
    while (end < authority.size()) {
      if (kRegNameByte[static_cast<unsigned char>(authority[end])]) {
        end++;
      } else if (is_encoding(authority.substr(end))) {
        end += 3;
      } else {
        break;
      }
    }
  }
  if (end == 0) return false;
  if (end == authority.size()) return true;
  return authority[end] == ':' && is_valid_port(authority.substr(end + 1));
}

bool is_valid_origin_form(std::string_view target) {
  if (target.empty() || target[0] != '/') return false;
  unsigned kinds = 0;
  for (const char c : target) kinds |= kTargetByte[static_cast<unsigned char>(c)];
  if ((kinds & kBad) != 0) return false;
  if ((kinds & kPercent) == 0) return true;
  const std::string_view path = target.substr(0, target.find('?'));
  for (std::size_t i = path.find('%'); i != path.npos; i = path.find('%', i + 1)) {
    if (!is_encoding(path.substr(i))) return false;
    if (path[i + 1] == '0' && path[i + 2] == '0') return false;
  }
  return true;
}

bool leaves_prefix(std::string_view rest) {
  // No two dots in any spelling, no way out: true of almost every request.
  if (rest.find("..") == rest.npos && rest.find('%') == rest.npos) return false;
  // A separator that a service does not know adds no depth there, so each reading counts.
  for (const bool encoded_slash : {false, true}) {
    for (const bool backslash : {false, true}) {
      if (walks_out(rest, {encoded_slash, backslash})) return true;
    }
  }
  return false;
}

}  // namespace gateway::http
