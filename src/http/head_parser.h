// SPDX-License-Identifier: MIT
//
// HeadParser: strict parsing of request and response heads, in place.
//
// One pass finds the lines, splits and classifies the fields, and checks every byte; what is left
// is a head that has exactly one reading. Anything that RFC 9112 calls invalid, or that two
// implementations could frame differently, is refused.
//
// Lifetime  request() and response() point into the bytes parsed last.
// Source    RFC 9112 §2-7, RFC 9110 §5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.h"
#include "http/head.h"
#include "util/cause.h"

namespace gateway::http {

enum class ParseResult : std::uint8_t {
  Incomplete,  ///< so far valid, more bytes are needed
  Complete,
  Refused,  ///< see cause()
};

class HeadParser {
 public:
  explicit HeadParser(const Limits& limits) : limits_(limits) {}

  ParseResult parse_request(std::string_view bytes);
  /// `to_head`: the response to a HEAD request, which has no body whatever its fields say.
  ParseResult parse_response(std::string_view bytes, bool to_head);

  /// Of a refused head method and target are set when the request line could be read.
  const RequestHead& request() const { return request_; }
  const ResponseHead& response() const { return response_; }
  /// Why the head was refused. For responses this is the detail behind Cause::BadResponse.
  Cause cause() const { return cause_; }

 private:
  ParseResult refuse(Cause cause);
  ParseResult parse_fields(std::string_view bytes, const char* from, Head& head);
  bool parse_field(const char* line, const char* end, Head& head);
  bool note_field(const Field& field, Head& head);
  bool note_connection(std::string_view value, Head& head);
  static bool may_become_request_line(std::string_view start);
  bool parse_request_line(std::string_view line);
  bool parse_target(std::string_view target);
  std::string_view path_of(std::string_view behind_authority);
  bool parse_status_line(std::string_view line);
  bool check_framing(Head& head);
  bool check_request();
  void reset(Head& head);

  static constexpr std::size_t kMaxMethod = 64;
  static constexpr std::size_t kVersionLength = 8;  ///< "HTTP/1.1"

  const Limits limits_;
  RequestHead request_;
  ResponseHead response_;
  Cause cause_ = Cause::None;
  std::string
      query_target_;  ///< request_.target, where the bytes parsed do not have it in one piece
  bool authority_from_target_ = false;
  unsigned hosts_ = 0;
  unsigned lengths_ = 0;
  unsigned codings_ = 0;
  unsigned nominated_ = 0;
  std::string_view host_;
  std::string_view length_;
  std::string_view coding_;
};

}  // namespace gateway::http
