// SPDX-License-Identifier: MIT
//
// Fuzzes HeadParser::parse_request. The same bytes mean the same however they arrive, and what is
// accepted means the same to the next parser when its fields are copied on.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "http/head_parser.h"

using namespace gateway;
using namespace gateway::http;

namespace {

// As proxy/forwarded_head does: hop-by-hop fields and Expect end here, the coding is our own.
std::string copy_of(const RequestHead& request) {
  std::string out;
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  if (request.find(FieldId::Host) == nullptr) out += "Host: instance\r\n";
  for (const Field& field : request.fields) {
    if (request.is_hop_by_hop(field) || field.id == FieldId::Expect) continue;
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (request.framing == Framing::Chunked) out += "Transfer-Encoding: chunked\r\n";
  return out + "\r\n";
}

void check_copy(const RequestHead& request) {
  Limits roomy;
  roomy.header_fields += 2;
  const std::string copy = copy_of(request);
  HeadParser next(roomy);
  fuzz::check(next.parse_request(copy) == ParseResult::Complete);
  const RequestHead& read = next.request();
  fuzz::check(read.size == copy.size());
  fuzz::check(read.method == request.method && read.target == request.target);
  fuzz::check(read.framing == request.framing && read.content_length == request.content_length);
  fuzz::check(read.has_content_length == request.has_content_length);
  fuzz::check(!read.connection_upgrade && !read.connection_names_fields);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  HeadParser parser(fuzz::tight_limits());
  const auto parse = [&](std::string_view bytes) { return parser.parse_request(bytes); };
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (size == 0 || fuzz::parse_every_prefix(bytes, parse) != ParseResult::Complete) return 0;
  fuzz::check(parser.request().size <= size);
  check_copy(parser.request());
  return 0;
}
