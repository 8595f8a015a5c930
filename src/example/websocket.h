// SPDX-License-Identifier: MIT
//
// WebSocket frames, as a server reads and writes them. No extensions.
//
// Limits   a frame's payload is at most kMaxPayload bytes.
// Text     is passed on as it came: that it is UTF-8 is not checked.
// Source   RFC 6455 §5, §7.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gateway::example {

enum class Opcode : std::uint8_t {
  Continuation = 0,
  Text = 1,
  Binary = 2,
  Close = 8,
  Ping = 9,
  Pong = 10,
};

/// Status codes of a Close frame.
enum class CloseCode : std::uint16_t { None = 0, ProtocolError = 1002, TooBig = 1009 };

struct Frame {
  Opcode opcode;
  bool is_final;
  std::string_view payload;  ///< unmasked; valid until the next feed()
};

class FrameReader {
 public:
  static constexpr std::size_t kMaxPayload = 1 << 20;

  void feed(std::span<const char> bytes);
  /// The next complete frame. nullopt: more bytes are needed, or error() says why there is none.
  std::optional<Frame> next();
  /// With anything but None the connection has to be failed; nothing is read any more.
  CloseCode error() const { return error_; }

 private:
  struct Header;
  std::optional<Header> read_header();
  CloseCode check(const Header& header) const;

  std::string buffer_;
  std::size_t used_ = 0;
  bool in_message_ = false;  ///< a fragmented message has begun
  CloseCode error_ = CloseCode::None;
};

/// Whether a Close frame's payload is well-formed: empty, or a status code that may be sent.
bool is_valid_close(std::string_view payload);

void append_frame(std::string& out, Opcode opcode, bool is_final, std::string_view payload);
void append_close(std::string& out, CloseCode code);

}  // namespace gateway::example
