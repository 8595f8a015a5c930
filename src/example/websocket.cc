// SPDX-License-Identifier: MIT
#include "example/websocket.h"

namespace gateway::example {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kOpcode = 0x0f;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLength = 0x7f;
constexpr std::uint64_t kLength16 = 126;  // the length is in the next 2 bytes
constexpr std::uint64_t kLength64 = 127;  // in the next 8
constexpr std::size_t kMaskSize = 4;
constexpr std::uint64_t kMaxControlPayload = 125;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xff);
  }
}

bool is_control(unsigned opcode) { return opcode >= 8; }

bool is_known(unsigned opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

}  // namespace

struct FrameReader::Header {
  unsigned flags;  // first byte
  bool is_masked;
  std::uint64_t length;  // of the payload
  std::size_t size;      // of the header itself, with the mask

  unsigned opcode() const { return flags & kOpcode; }
  bool is_final() const { return (flags & kFinal) != 0; }
};

void FrameReader::feed(std::span<const char> bytes) {
  if (error_ != CloseCode::None) return;
  buffer_.erase(0, used_);
  used_ = 0;
  buffer_.append(bytes.data(), bytes.size());
}

std::optional<FrameReader::Header> FrameReader::read_header() {
  const std::string_view rest = std::string_view(buffer_).substr(used_);
  if (rest.size() < 2) return std::nullopt;
  const auto second = static_cast<unsigned char>(rest[1]);
  Header header{static_cast<unsigned char>(rest[0]), (second & kMasked) != 0, second & kLength, 2};
  const std::size_t extended = header.length == kLength16 ? 2 : header.length == kLength64 ? 8 : 0;
  if (rest.size() < header.size + extended) return std::nullopt;
  if (extended > 0) header.length = big_endian(rest.substr(header.size, extended));
  header.size += extended + (header.is_masked ? kMaskSize : 0);
  return header;
}

CloseCode FrameReader::check(const Header& header) const {
  const unsigned opcode = header.opcode();
  const bool is_bad_control =
      is_control(opcode) && (!header.is_final() || header.length > kMaxControlPayload);
  // §5.4: a message goes on with continuations, and only a message does.
  const bool is_out_of_order = !is_control(opcode) && (opcode == 0) != in_message_;
  if ((header.flags & kReserved) != 0 || !header.is_masked || !is_known(opcode) || is_bad_control ||
      is_out_of_order) {
    return CloseCode::ProtocolError;
  }
  return header.length > kMaxPayload ? CloseCode::TooBig : CloseCode::None;
}

std::optional<Frame> FrameReader::next() {
  if (error_ != CloseCode::None) return std::nullopt;
  const auto header = read_header();
  if (!header) return std::nullopt;
  error_ = check(*header);
  if (error_ != CloseCode::None) return std::nullopt;
  const auto length = static_cast<std::size_t>(header->length);
  if (buffer_.size() - used_ < header->size + length) return std::nullopt;

  const std::span<char> frame = std::span(buffer_).subspan(used_, header->size + length);
  const std::span<char> payload = frame.subspan(header->size);
  const std::span<char> mask = frame.subspan(header->size - kMaskSize, kMaskSize);
  for (std::size_t i = 0; i < length; i++) {
    payload[i] = static_cast<char>(payload[i] ^ mask[i % kMaskSize]);
  }
  used_ += frame.size();
  if (!is_control(header->opcode())) in_message_ = !header->is_final();
  return Frame{
      static_cast<Opcode>(header->opcode()), header->is_final(), {payload.data(), payload.size()}};
}

bool is_valid_close(std::string_view payload) {
  if (payload.empty()) return true;
  if (payload.size() < 2) return false;
  const std::uint64_t code = big_endian(payload.substr(0, 2));
  const bool is_registered = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 &&
                             code != 1006;  // those three never appear in a frame
  return is_registered || (code >= 3000 && code <= 4999);
}

void append_frame(std::string& out, Opcode opcode, bool is_final, std::string_view payload) {
  out += static_cast<char>((is_final ? kFinal : 0) | static_cast<unsigned>(opcode));
  if (payload.size() < kLength16) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(kLength16);
    append_big_endian(out, payload.size(), 2);
  } else {
    out += static_cast<char>(kLength64);
    append_big_endian(out, payload.size(), 8);
  }
  out += payload;
}

void append_close(std::string& out, CloseCode code) {
  std::string payload;
  append_big_endian(payload, static_cast<std::uint16_t>(code), 2);
  append_frame(out, Opcode::Close, /*is_final=*/true, payload);
}

}  // namespace gateway::example
