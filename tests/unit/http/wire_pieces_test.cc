// SPDX-License-Identifier: MIT
#include "http/wire_pieces.h"

#include <limits>
#include <string>

#include "catch.h"

namespace gateway::http {
namespace {

TEST_CASE("a chunk line is the size in hexadecimal and CRLF", "[http]") {
  CHECK(ChunkLine(0).view() == "0\r\n");
  CHECK(ChunkLine(0x1a2b).view() == "1a2b\r\n");
  CHECK(ChunkLine(std::numeric_limits<std::size_t>::max()).view() == "ffffffffffffffff\r\n");
}

TEST_CASE("a chunk ends with CRLF, a body with the last chunk", "[http]") {
  CHECK(chunk_end(/*has_data=*/true, /*is_last=*/false) == "\r\n");
  CHECK(chunk_end(true, true) == "\r\n0\r\n\r\n");
  CHECK(chunk_end(false, true) == "0\r\n\r\n");
  CHECK(chunk_end(false, false).empty());
}

TEST_CASE("pieces keep their order, and empty ones are left out", "[http]") {
  const std::string head = "head";
  const std::string body = "body";
  PieceList pieces;
  CHECK(pieces.span().empty());
  pieces.push(head);
  pieces.push("");
  pieces.push(body);
  REQUIRE(pieces.span().size() == 2);
  CHECK(pieces.span()[0].iov_base == head.data());
  CHECK(pieces.span()[0].iov_len == 4);
  CHECK(pieces.span()[1].iov_base == body.data());
}

std::string text_of(const PieceList& pieces) {
  std::string text;
  for (const iovec& piece : pieces.span()) {
    text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return text;
}

TEST_CASE("trailers stand between the last chunk and the empty line", "[http]") {
  const auto end = [](bool has_data, bool is_last, std::string_view trailers) {
    PieceList pieces;
    pieces.push_chunk_end(has_data, is_last, trailers);
    return text_of(pieces);
  };
  CHECK(end(true, true, "A: b\r\n") == "\r\n0\r\nA: b\r\n\r\n");
  CHECK(end(false, true, "A: b\r\nC: d\r\n") == "0\r\nA: b\r\nC: d\r\n\r\n");
  CHECK(end(true, true, "") == "\r\n0\r\n\r\n");
  CHECK(end(true, false, "A: b\r\n") == "\r\n");
  CHECK(end(false, false, "A: b\r\n").empty());
}

TEST_CASE("head, chunk line, data, chunk end and trailers all fit", "[http]") {
  PieceList pieces;
  for (const char* piece : {"head", "4\r\n", "data"}) pieces.push(piece);
  pieces.push_chunk_end(/*has_data=*/true, /*is_last=*/true, "A: b\r\n");
  CHECK(pieces.span().size() == 6);
  CHECK(text_of(pieces) == "head4\r\ndata\r\n0\r\nA: b\r\n\r\n");
}

}  // namespace
}  // namespace gateway::http
