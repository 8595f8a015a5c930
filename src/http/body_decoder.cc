// SPDX-License-Identifier: MIT
#include "http/body_decoder.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "http/field_name.h"

namespace gateway::http {
namespace {

int hex_value(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int letter = c | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool is_blank(unsigned char c) { return c == ' ' || c == '\t'; }

bool is_text(unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; }

}  // namespace

void BodyDecoder::begin(Framing framing, std::uint64_t content_length) {
  framing_ = framing;
  left_ = framing == Framing::Length ? content_length : 0;
  trailers_ = nullptr;
  extra_ = 0;
  digits_ = 0;
  state_ = State::SizeStart;
  failed_ = false;
  done_ = framing == Framing::None || (framing == Framing::Length && content_length == 0);
}

BodyDecoder::Piece BodyDecoder::feed(std::span<char> bytes) {
  if (done_ || failed_) return {};
  switch (framing_) {
    case Framing::None: return {};
    case Framing::Close: return {bytes, bytes.size()};
    case Framing::Length: {
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_));
      left_ -= taken;
      done_ = left_ == 0;
      return {bytes.first(taken), taken};
    }
    case Framing::Chunked: return feed_chunked(bytes);
  }
  return {};
}

void BodyDecoder::end_of_input() {
  if (framing_ == Framing::Close && !failed_) done_ = true;
}

std::uint64_t BodyDecoder::known_content() const {
  if (done_ || failed_) return 0;
  if (framing_ == Framing::Close) return std::numeric_limits<std::uint64_t>::max();
  return framing_ == Framing::Length || state_ == State::Data ? left_ : 0;
}

// One big chunk is returned where it lies; small ones are moved together into one run.
BodyDecoder::Piece BodyDecoder::feed_chunked(std::span<char> bytes) {
  char* content = bytes.data();
  std::size_t length = 0;
  std::size_t i = 0;
  while (i < bytes.size() && !done_ && !failed_) {
    if (state_ != State::Data) {
      step(static_cast<unsigned char>(bytes[i++]));
      continue;
    }
    const auto run = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size() - i, left_));
    char* from = bytes.data() + i;
    if (length == 0) {
      content = from;
    } else if (content + length != from) {
      std::memmove(content + length, from, run);
    }
    length += run;
    i += run;
    left_ -= run;
    extra_ -= static_cast<unsigned>(std::min<std::size_t>(extra_, run));
    if (left_ == 0) state_ = State::DataCr;
  }
  return {{content, length}, i};
}

void BodyDecoder::count_extra() {
  if (++extra_ > kMaxExtra) failed_ = true;
}

void BodyDecoder::expect(bool ok, State next) {
  if (!ok) failed_ = true;
  state_ = next;
}

void BodyDecoder::step(unsigned char byte) {
  switch (state_) {
    case State::SizeStart:
      left_ = 0;
      digits_ = 0;
      state_ = State::Size;
      [[fallthrough]];
    case State::Size: step_size(byte); break;
    case State::SizeLf: expect(byte == '\n', left_ > 0 ? State::Data : State::TrailerStart); break;
    case State::DataCr: expect(byte == '\r', State::DataLf); break;
    case State::DataLf: expect(byte == '\n', State::SizeStart); break;
    case State::EndLf:
      expect(byte == '\n', State::SizeStart);
      done_ = !failed_;
      break;
    case State::Data: break;
    case State::TrailerStart:
    case State::TrailerName:
    case State::TrailerValue:
    case State::TrailerLf: step_trailer(byte); break;
    default: step_extension(byte); break;
  }
}

void BodyDecoder::step_size(unsigned char byte) {
  const int value = hex_value(byte);
  if (value >= 0) {
    // 15 digits are 2^60 bytes; more than 16 zeros in front are somebody probing.
    if (left_ >> 56 != 0 || ++digits_ > 32) failed_ = true;
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
  } else if (digits_ == 0) {
    failed_ = true;
  } else if (byte == '\r') {
    state_ = State::SizeLf;
  } else {
    state_ = State::ExtBlank;
    step_extension(byte);
  }
}

// *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) (RFC 9112 §7.1.1): blanks are
// allowed only where something follows them.
void BodyDecoder::step_extension(unsigned char byte) {
  count_extra();
  const bool blank = is_blank(byte);
  const bool token = kTokenByte[byte];
  switch (state_) {
    case State::ExtBlank:
      if (!blank) expect(byte == ';', State::ExtStart);
      break;
    case State::ExtStart:
      if (!blank) expect(token, State::ExtName);
      break;
    case State::ExtName:
    case State::ExtNameBlank:
      if (byte == '=') {
        state_ = State::ExtValueStart;
      } else if (state_ == State::ExtNameBlank) {
        if (!blank) expect(byte == ';', State::ExtStart);
      } else if (!token) {
        end_extension(byte, State::ExtNameBlank);
      }
      break;
    case State::ExtValueStart:
      if (!blank) expect(token || byte == '"', token ? State::ExtToken : State::ExtQuoted);
      break;
    case State::ExtToken:
      if (!token) end_extension(byte, State::ExtBlank);
      break;
    case State::ExtQuoted:
      if (byte == '"') {
        state_ = State::ExtQuoteEnd;
      } else {
        expect(is_text(byte), byte == '\\' ? State::ExtEscaped : State::ExtQuoted);
      }
      break;
    case State::ExtEscaped: expect(is_text(byte), State::ExtQuoted); break;
    default: end_extension(byte, State::ExtBlank); break;
  }
}

/// What may follow a whole extension.
void BodyDecoder::end_extension(unsigned char byte, State when_blank) {
  if (byte == '\r') {
    state_ = State::SizeLf;
  } else if (byte == ';') {
    state_ = State::ExtStart;
  } else {
    expect(is_blank(byte), when_blank);
  }
}

void BodyDecoder::step_trailer(unsigned char byte) {
  count_extra();
  const bool is_end = state_ == State::TrailerStart && byte == '\r';
  if (trailers_ != nullptr && !is_end) trailers_->push_back(static_cast<char>(byte));
  switch (state_) {
    case State::TrailerStart:
      if (is_end) {
        state_ = State::EndLf;
      } else {
        expect(kTokenByte[byte], State::TrailerName);
      }
      break;
    case State::TrailerName:
      if (byte == ':') {
        state_ = State::TrailerValue;
      } else if (!kTokenByte[byte]) {
        failed_ = true;
      }
      break;
    case State::TrailerValue:
      if (byte == '\r') {
        state_ = State::TrailerLf;
      } else if (!is_text(byte)) {
        failed_ = true;
      }
      break;
    default: expect(byte == '\n', State::TrailerStart); break;
  }
}

}  // namespace gateway::http
