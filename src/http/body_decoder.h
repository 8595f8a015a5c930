// SPDX-License-Identifier: MIT
//
// BodyDecoder: turns the bytes of a message body into its content, in place.
//
// Chunked  strict: hexadecimal size, CRLF exactly; extensions and trailers are checked and bounded;
//          extensions are dropped, trailers too unless somebody collects them.
//          A byte machine over chunk lines, whole runs for data, so that nothing partial is ever
//          buffered and a chunk of many gigabytes costs no memory.
// Source   RFC 9112 §6-7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "http/head.h"

namespace gateway::http {

class BodyDecoder {
 public:
  struct Piece {
    std::span<char> content;  ///< lies within the bytes that were fed
    std::size_t used = 0;     ///< bytes of the input that belong to this body
  };

  void begin(Framing framing, std::uint64_t content_length);
  /// After begin(): the trailer section is appended, as lines "Name: value\r\n"; `into` outlives
  /// the body.
  void collect_trailers(std::string* into) { trailers_ = into; }
  /// Decodes as much of `bytes` as belongs to the body. Nothing is used when done or failed.
  Piece feed(std::span<char> bytes);
  /// The connection ended: completes a body that is delimited by it.
  void end_of_input();

  /// How many of the bytes to come are content whatever they are.
  std::uint64_t known_content() const;
  bool is_done() const { return done_; }
  bool has_failed() const { return failed_; }
  Framing framing() const { return framing_; }

  /// Bytes of chunk extensions and trailers that a body may have beyond one for each content byte.
  static constexpr unsigned kMaxExtra = 16 << 10;

 private:
  enum class State : std::uint8_t {
    SizeStart,
    Size,
    ExtBlank,  ///< blanks before ';'
    ExtStart,
    ExtName,
    ExtNameBlank,
    ExtValueStart,
    ExtToken,
    ExtQuoted,
    ExtEscaped,
    ExtQuoteEnd,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
  };

  Piece feed_chunked(std::span<char> bytes);
  void step(unsigned char byte);
  void step_size(unsigned char byte);
  void step_extension(unsigned char byte);
  void end_extension(unsigned char byte, State when_blank);
  void count_extra();
  void step_trailer(unsigned char byte);
  void expect(bool ok, State next);

  std::uint64_t left_ = 0;
  std::string* trailers_ = nullptr;
  unsigned extra_ = 0;
  std::uint8_t digits_ = 0;
  Framing framing_ = Framing::None;
  State state_ = State::SizeStart;
  bool done_ = true;
  bool failed_ = false;
};

}  // namespace gateway::http
