// SPDX-License-Identifier: MIT
//
// The pieces of an outgoing message, gathered for one system call, and the chunked coding around
// them (RFC 9112 §7.1).
#pragma once

#include <sys/uio.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <span>
#include <string_view>

namespace gateway::http {

/// "1a2b\r\n": the line before a chunk.
class ChunkLine {
 public:
  explicit ChunkLine(std::size_t size) {
    char* end = std::to_chars(text_.data(), text_.data() + text_.size() - 2, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    length_ = static_cast<std::size_t>(end - text_.data());
  }
  std::string_view view() const { return {text_.data(), length_}; }

 private:
  std::array<char, 20> text_;
  std::size_t length_;
};

/// What follows the data of a chunk: its line end, the last chunk, both or nothing.
inline std::string_view chunk_end(bool has_data, bool is_last) {
  constexpr std::string_view kBoth("\r\n0\r\n\r\n");
  if (is_last) return has_data ? kBoth : kBoth.substr(2);
  return has_data ? kBoth.substr(0, 2) : std::string_view{};
}

class PieceList {
 public:
  /// What follows the data of a chunk; behind the last one come `trailers`, lines with their CRLF.
  void push_chunk_end(bool has_data, bool is_last, std::string_view trailers) {
    const std::string_view end = chunk_end(has_data, is_last);
    if (!is_last || trailers.empty()) return push(end);
    constexpr std::string_view kEmptyLine("\r\n");
    push(end.substr(0, end.size() - kEmptyLine.size()));
    push(trailers);
    push(kEmptyLine);
  }
  void push(std::string_view bytes) {
    if (!bytes.empty()) pieces_[count_++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }
  std::span<const iovec> span() const { return {pieces_.data(), count_}; }

 private:
  std::array<iovec, 6> pieces_;
  std::size_t count_ = 0;
};

}  // namespace gateway::http
