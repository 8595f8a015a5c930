// SPDX-License-Identifier: MIT
//
// Fuzzes HeadParser::parse_response. The same bytes mean the same however they arrive, and a
// response has the body that RFC 9112 §6.3 gives it. The first byte says whether it answers HEAD.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check.h"
#include "http/head_parser.h"

using namespace gateway;
using namespace gateway::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bool to_head = data[0] % 2 == 1;
  HeadParser parser(fuzz::tight_limits());
  const auto parse = [&](std::string_view bytes) { return parser.parse_response(bytes, to_head); };
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (fuzz::parse_every_prefix(bytes, parse) != ParseResult::Complete) return 0;

  const ResponseHead& head = parser.response();
  const bool coded = head.find(FieldId::TransferEncoding) != nullptr;
  fuzz::check(head.size <= bytes.size());
  fuzz::check(head.status >= 100 && head.status <= 599);
  fuzz::check(head.has_content_length == (head.find(FieldId::ContentLength) != nullptr));
  fuzz::check(!coded || !head.has_content_length);
  if (to_head || head.status < 200 || head.status == 204 || head.status == 304) {
    fuzz::check(head.framing == Framing::None);
  } else if (coded) {
    fuzz::check(head.framing == Framing::Chunked);
  } else if (head.has_content_length) {
    fuzz::check(head.framing == (head.content_length > 0 ? Framing::Length : Framing::None));
  } else {
    fuzz::check(head.framing == Framing::Close);
  }
  return 0;
}
