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

TEST_CASE("head, chunk line, data and chunk end all fit", "[http]") {
  PieceList pieces;
  for (const char* piece : {"head", "4\r\n", "data", "\r\n"}) pieces.push(piece);
  CHECK(pieces.span().size() == 4);
}

}  // namespace
}  // namespace gateway::http
