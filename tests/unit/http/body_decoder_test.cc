// SPDX-License-Identifier: MIT
#include "http/body_decoder.h"

#include <string>
#include <vector>

#include "catch.h"

namespace gateway::http {
namespace {

using namespace std::string_literals;

struct Decoded {
  std::string content;
  std::string trailers;
  std::size_t used = 0;
  bool done = false;
  bool failed = false;

  friend bool operator==(const Decoded&, const Decoded&) = default;
};

// Feeds `bytes` in pieces of `step` bytes, each from memory of its own, until the body is over.
Decoded decode(BodyDecoder decoder, const std::string& bytes, std::size_t step) {
  Decoded decoded;
  decoder.collect_trailers(&decoded.trailers);
  for (std::size_t from = 0; from < bytes.size(); from += step) {
    const std::string part = bytes.substr(from, step);
    std::vector<char> memory(part.begin(), part.end());
    const BodyDecoder::Piece piece = decoder.feed(memory);
    decoded.content.append(piece.content.data(), piece.content.size());
    decoded.used += piece.used;
    if (decoder.is_done() || decoder.has_failed()) break;
  }
  decoded.done = decoder.is_done();
  decoded.failed = decoder.has_failed();
  return decoded;
}

// The same, checked to be independent of how the bytes arrive.
Decoded decode_chunked(const std::string& bytes) {
  BodyDecoder decoder;
  decoder.begin(Framing::Chunked, 0);
  const Decoded whole = decode(decoder, bytes, bytes.size());
  for (const std::size_t step : {1, 2, 3, 7}) {
    CAPTURE(step);
    CHECK(decode(decoder, bytes, step) == whole);
  }
  return whole;
}

enum class Verdict { Done, Unfinished, Failed };

Verdict verdict_of(const std::string& bytes) {
  const Decoded decoded = decode_chunked(bytes);
  if (decoded.failed) return Verdict::Failed;
  return decoded.done ? Verdict::Done : Verdict::Unfinished;
}

TEST_CASE("chunks are joined (RFC 9112 §7.1)", "[http]") {
  struct Row {
    std::string bytes, content;
  };
  const Row rows[] = {
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n", "abcd"},
      {"a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a"},
      {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
      {"5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"},
      {"00000005\r\nhello\r\n000\r\n\r\n", "hello"},
      {std::string(31, '0') + "1\r\na\r\n0\r\n\r\n", "a"},
      {"1\r\n\0\r\n0\r\n\r\n"s, "\0"s},
      // extensions (§7.1.1) and trailers (§7.1.2) are dropped
      {"1;a=b\r\nx\r\n0;c\r\n\r\n", "x"},
      {"1 \t;a=\"b;c\"\r\nx\r\n0 ;c\r\n\r\n", "x"},
      {"1;a;b = c ; d\t=\t\"\\\"\\\\ \xe9\"\t;e\r\nx\r\n0;a=\"\"\r\n\r\n", "x"},
      {"1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n", "x"},
      {"1\r\nx\r\n0\r\nA: caf\xc3\xa9\t!\r\n\r\n", "x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    const Decoded decoded = decode_chunked(row.bytes);
    CHECK(decoded.done);
    CHECK(decoded.content == row.content);
    CHECK(decoded.used == row.bytes.size());
    for (std::size_t length = 0; length < row.bytes.size(); length++) {
      REQUIRE(verdict_of(row.bytes.substr(0, length)) == Verdict::Unfinished);
    }
  }
}

TEST_CASE("trailers are collected line by line", "[http]") {
  struct Row {
    std::string bytes, trailers;
  };
  const Row rows[] = {
      {"0\r\n\r\n", ""},
      {"1\r\nx\r\n0\r\nA: b\r\n\r\n", "A: b\r\n"},
      {"1\r\nA\r\n0;e=1\r\nA: b\r\nC:\r\na:  d \t\r\n\r\n", "A: b\r\nC:\r\na:  d \t\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(decode_chunked(row.bytes).trailers == row.trailers);
    CHECK(decode_chunked(row.bytes).done);
  }
}

TEST_CASE("nobody collects the trailers of the next body", "[http]") {
  BodyDecoder decoder;
  std::string trailers;
  decoder.begin(Framing::Chunked, 0);
  decoder.collect_trailers(&trailers);
  decoder.begin(Framing::Chunked, 0);
  std::string bytes = "0\r\nA: b\r\n\r\n";
  decoder.feed(bytes);
  CHECK(decoder.is_done());
  CHECK(trailers.empty());
}

TEST_CASE("chunked coding that has a second reading fails", "[http]") {
  const std::string rows[] = {
      "\r\n",
      "\n",
      " 5\r\nhello\r\n0\r\n\r\n",
      "\t5\r\n",
      ";a\r\n",
      "g\r\n",
      "-1\r\n",
      "+1\r\n",
      "0x5\r\n",
      "5 \r\nhello\r\n",  // a blank without an extension
      "5 5\r\n",
      "5\n",
      "5;a\n",
      "5\r\r\n",
      "5;a\rb\r\n",
      "5;\x01\r\n",
      "5;\x7f\r\n",
      "5;\0\r\n"s,
      "5\x80\r\n",
      "5\r\nhelloX",
      "5\r\nhello\n",
      "5\r\nhello0\r\n\r\n",
      "5\r\nhello\rX",
      "5\r\nhello\r\n\r\n",
      "0\r\n(",
      "0\r\n\n",
      "0\r\n\rX",
      "0\r\n :\r\n",
      "0\r\nA b: c\r\n",
      "0\r\nA: b\r\n c\r\n",
      "0\r\nA: b\n",
      "0\r\nA: b\rc",
      "0\r\nA: \0\r\n"s,
      "0\r\n: b\r\n",
      "0\r\nA\r\n\r\n",
      "1000000000000000g\r\n",
      "ffffffffffffffff\r\n",  // 2^64 - 1
      "10000000000000000\r\n",
      "10000000000000005\r\nhello\r\n0\r\n\r\n",
      std::string(33, '0') + "\r\n\r\n",
  };
  for (const std::string& bytes : rows) {
    CAPTURE(bytes);
    CHECK(verdict_of(bytes) == Verdict::Failed);
  }
}

TEST_CASE("an extension has a name, and what is after '=' a value (RFC 9112 §7.1.1)", "[http]") {
  for (const char* extension :
       {";",      ";;",        ";a;",        ";a;;b",       ";=b",       ";a=",   ";a= ",
        ";a==b",  ";a b",      ";a=b c",     ";a=b=c",      ";\"a\"",    ";(a)",  ";a=(b)",
        ";a=\"b", ";a=\"b\"c", ";a=\"b\\\"", ";a=\"\\\r\"", ";a=\"\n\"", ";\xe9", ";a=\xe9",
        ";a ",    ";a=b ",     ";a=\"b\" ",  " ;a=\"b\"\t", ";a\v",      " a",    " =b"}) {
    CAPTURE(extension);
    CHECK(verdict_of("1" + std::string(extension) + "\r\nx\r\n0\r\n\r\n") == Verdict::Failed);
  }
}

TEST_CASE("a chunk may be very large", "[http]") {
  CHECK(verdict_of("fffffffffffffff\r\nx") == Verdict::Unfinished);  // 2^60 - 1
}

TEST_CASE("extensions may be as long as the content and somewhat longer", "[http]") {
  const std::string most(BodyDecoder::kMaxExtra - 2, 'e');  // with ';' and CR
  CHECK(verdict_of("1;" + most + "\r\nx") == Verdict::Unfinished);
  CHECK(verdict_of("1;" + most + "eee") == Verdict::Failed);
  std::string many;
  for (unsigned i = 0; i <= BodyDecoder::kMaxExtra / 64; i++) {
    many += "1;" + std::string(64, 'e') + "\r\nx\r\n";
  }
  CHECK(verdict_of(many) == Verdict::Failed);
  CHECK(verdict_of("0" + std::string(BodyDecoder::kMaxExtra + 1, ' ')) == Verdict::Failed);
  std::string signed_chunks;
  for (unsigned i = 0; i <= BodyDecoder::kMaxExtra / 64; i++) {
    signed_chunks += "64;" + std::string(64, 'e') + "\r\n" + std::string(100, 'x') + "\r\n";
  }
  CHECK(verdict_of(signed_chunks) == Verdict::Unfinished);
}

TEST_CASE("trailers are bounded", "[http]") {
  CHECK(verdict_of("0\r\nA: " + std::string(BodyDecoder::kMaxExtra / 2, 't') + "\r\n\r\n") ==
        Verdict::Done);
  CHECK(verdict_of("0\r\nA: " + std::string(BodyDecoder::kMaxExtra, 't')) == Verdict::Failed);
  std::string many = "0\r\n";
  for (unsigned i = 0; i <= BodyDecoder::kMaxExtra / 8; i++) many += "Name:v\r\n";
  CHECK(verdict_of(many) == Verdict::Failed);
}

TEST_CASE("what follows a body is not touched", "[http]") {
  const std::string next = "GET / HTTP/1.1\r\n";
  std::string bytes = "3\r\nabc\r\n0\r\n\r\n" + next;
  BodyDecoder decoder;
  decoder.begin(Framing::Chunked, 0);
  const BodyDecoder::Piece piece = decoder.feed(bytes);
  CHECK(piece.used == bytes.size() - next.size());
  CHECK(bytes.substr(piece.used) == next);
  CHECK(decoder.feed(std::span(bytes).subspan(piece.used)).used == 0);
}

TEST_CASE("content lies within the bytes that were fed", "[http]") {
  std::string bytes = "3\r\nabc\r\n3\r\ndef\r\n";
  BodyDecoder decoder;
  decoder.begin(Framing::Chunked, 0);
  const BodyDecoder::Piece piece = decoder.feed(bytes);
  CHECK(piece.content.data() >= bytes.data());
  CHECK(piece.content.data() + piece.content.size() <= bytes.data() + bytes.size());
  CHECK(std::string(piece.content.data(), piece.content.size()) == "abcdef");
}

TEST_CASE("a failed body takes no more bytes", "[http]") {
  BodyDecoder decoder;
  decoder.begin(Framing::Chunked, 0);
  std::string bad = "x\r\n";
  decoder.feed(bad);
  REQUIRE(decoder.has_failed());
  std::string good = "0\r\n\r\n";
  CHECK(decoder.feed(good).used == 0);
  CHECK_FALSE(decoder.is_done());
  decoder.end_of_input();
  CHECK_FALSE(decoder.is_done());
}

TEST_CASE("a body of a given length has exactly that many bytes (RFC 9112 §6.2)", "[http]") {
  BodyDecoder decoder;
  decoder.begin(Framing::Length, 5);
  for (const std::size_t step : {1, 2, 5, 9}) {
    CAPTURE(step);
    const Decoded decoded = decode(decoder, "helloGET ", step);
    CHECK(decoded.done);
    CHECK(decoded.content == "hello");
    CHECK(decoded.used == 5);
  }
  CHECK_FALSE(decode(decoder, "hell", 4).done);
  decoder.end_of_input();  // too early: not a whole body
  CHECK_FALSE(decoder.is_done());
}

TEST_CASE("no body is done at once and takes nothing", "[http]") {
  BodyDecoder decoder;
  std::string bytes = "GET ";
  CHECK(decoder.is_done());
  decoder.begin(Framing::None, 7);
  CHECK(decoder.is_done());
  CHECK(decoder.feed(bytes).used == 0);
  decoder.begin(Framing::Length, 0);
  CHECK(decoder.is_done());
  CHECK(decoder.feed(bytes).used == 0);
}

TEST_CASE("a body until the connection's end is done by that end only (RFC 9112 §6.3)", "[http]") {
  BodyDecoder decoder;
  decoder.begin(Framing::Close, 0);
  std::string bytes = "0\r\n\r\n";
  const BodyDecoder::Piece piece = decoder.feed(bytes);
  CHECK(piece.used == 5);
  CHECK(piece.content.size() == 5);
  CHECK_FALSE(decoder.is_done());
  decoder.end_of_input();
  CHECK(decoder.is_done());
}

TEST_CASE("the connection's end does not complete a chunked body", "[http]") {
  BodyDecoder decoder;
  decoder.begin(Framing::Chunked, 0);
  std::string bytes = "5\r\nhello\r\n0\r\n";
  decoder.feed(bytes);
  decoder.end_of_input();
  CHECK_FALSE(decoder.is_done());
}

TEST_CASE("a decoder begins anew with each body", "[http]") {
  BodyDecoder decoder;
  decoder.begin(Framing::Chunked, 0);
  std::string bad = "5\r\nhelloX";
  decoder.feed(bad);
  REQUIRE(decoder.has_failed());
  decoder.begin(Framing::Chunked, 0);
  std::string good = "1\r\na\r\n0\r\n\r\n";
  CHECK(decoder.feed(good).content.size() == 1);
  CHECK(decoder.is_done());
  CHECK_FALSE(decoder.has_failed());
}

TEST_CASE("what is content whatever it is is known in advance", "[http]") {
  std::string bytes("xxx");
  BodyDecoder decoder;
  CHECK(decoder.known_content() == 0);

  decoder.begin(Framing::Length, 5);
  CHECK(decoder.known_content() == 5);
  decoder.feed(bytes);
  CHECK(decoder.known_content() == 2);
  decoder.feed(bytes);
  CHECK(decoder.known_content() == 0);

  decoder.begin(Framing::Close, 0);
  CHECK(decoder.known_content() > 1'000'000);
  decoder.end_of_input();
  CHECK(decoder.known_content() == 0);

  decoder.begin(Framing::Chunked, 0);
  CHECK(decoder.known_content() == 0);
  std::string size("10000");
  decoder.feed(size);
  CHECK(decoder.known_content() == 0);  // a chunk's size may go on
  std::string start("\r\nxxx");
  decoder.feed(start);
  CHECK(decoder.known_content() == 0x10000 - 3);
  std::string rest(0x10000 - 3, 'x');
  decoder.feed(rest);
  CHECK(decoder.known_content() == 0);
  std::string no_line_end("x");
  decoder.feed(no_line_end);
  CHECK(decoder.has_failed());
  CHECK(decoder.known_content() == 0);
}

}  // namespace
}  // namespace gateway::http
