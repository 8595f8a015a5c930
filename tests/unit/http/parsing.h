// SPDX-License-Identifier: MIT
//
// Parses a head as tests want it: whole, and cut at every place where a read could end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "http/head_parser.h"

namespace gateway::http::test {

/// Parses what `bytes` begins with, from memory that ends exactly there.
template <class Parse>
ParseResult parse_prefix(std::string_view bytes, std::size_t length, const Parse& parse) {
  const std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<long>(length));
  return parse(std::string_view(exact.data(), exact.size()));
}

/// Whether the way in which bytes arrive makes no difference: a beginning of what is accepted is
/// incomplete, and what was refused once stays refused whatever comes after it.
template <class Parse>
bool is_split_anywhere(std::string_view bytes, const Parse& parse) {
  bool was_refused = false;
  for (std::size_t length = 1; length <= bytes.size(); length++) {
    const ParseResult result = parse_prefix(bytes, length, parse);
    if (result == ParseResult::Complete && length < bytes.size()) return false;
    if (was_refused && result != ParseResult::Refused) return false;
    was_refused = result == ParseResult::Refused;
  }
  return parse_prefix(bytes, bytes.size(), parse) != ParseResult::Incomplete;
}

/// Cause::None: accepted. Otherwise why it is refused.
template <class Parse>
Cause verdict(HeadParser& parser, std::string_view bytes, const Parse& parse) {
  CHECK(is_split_anywhere(bytes, parse));
  return parse(bytes) == ParseResult::Complete ? Cause::None : parser.cause();
}

inline Cause request_verdict(std::string_view bytes, const Limits& limits = {}) {
  HeadParser parser(limits);
  return verdict(parser, bytes, [&](std::string_view part) { return parser.parse_request(part); });
}

inline Cause response_verdict(std::string_view bytes, const Limits& limits = {}) {
  HeadParser parser(limits);
  return verdict(parser, bytes,
                 [&](std::string_view part) { return parser.parse_response(part, false); });
}

inline constexpr Cause kAccepted = Cause::None;

/// One line of a table: a part of a message, and what becomes of it.
struct Row {
  std::string_view text;
  Cause verdict = kAccepted;
};

/// The words of causes, so that a failing row can be read.
inline std::string word(Cause cause) {
  return cause == Cause::None ? "accepted" : std::string(info(cause).word);
}

/// A request that was accepted, with the bytes its views point into.
struct AcceptedRequest {
  explicit AcceptedRequest(std::string text) : bytes(std::move(text)) {
    REQUIRE(parser.parse_request(bytes) == ParseResult::Complete);
  }
  AcceptedRequest(const AcceptedRequest&) = delete;
  AcceptedRequest& operator=(const AcceptedRequest&) = delete;
  const RequestHead* operator->() const { return &parser.request(); }

  std::string bytes;
  HeadParser parser{Limits{}};
};

struct AcceptedResponse {
  explicit AcceptedResponse(std::string text, bool to_head = false) : bytes(std::move(text)) {
    REQUIRE(parser.parse_response(bytes, to_head) == ParseResult::Complete);
  }
  AcceptedResponse(const AcceptedResponse&) = delete;
  AcceptedResponse& operator=(const AcceptedResponse&) = delete;
  const ResponseHead* operator->() const { return &parser.response(); }

  std::string bytes;
  HeadParser parser{Limits{}};
};

}  // namespace gateway::http::test
