// SPDX-License-Identifier: MIT
#include "http/head_parser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "http/field_name.h"
#include "http/field_text.h"
#include "http/target.h"
#include "util/text.h"

namespace gateway::http {
namespace {

constexpr unsigned kMaxNominated = 32;  // names that Connection lists

// Of a field name, but for '_', which is rare and to be looked at.
constexpr auto kDashedNameByte = [] {
  auto table = kTokenByte;
  table['_'] = false;
  return table;
}();

/// The line that starts at `from`, without CRLF; `found` is false when its end is not there yet.
struct Line {
  std::string_view text;
  const char* next = nullptr;
  bool found = false;
  bool valid = false;  ///< ends in CRLF, not in a bare LF
};

Line read_line(std::string_view bytes, const char* from) {
  const char* end = bytes.data() + bytes.size();
  const auto length = static_cast<std::size_t>(end - from);
  const auto* feed = static_cast<const char*>(std::memchr(from, '\n', length));
  if (feed == nullptr) return {};
  if (feed == from || feed[-1] != '\r') return {{}, feed + 1, true, false};
  return {{from, static_cast<std::size_t>(feed - 1 - from)}, feed + 1, true, true};
}

std::size_t distance(const char* from, const char* to) {
  return static_cast<std::size_t>(to - from);
}

}  // namespace

ParseResult HeadParser::refuse(Cause cause) {
  cause_ = cause;
  return ParseResult::Refused;
}

void HeadParser::reset(Head& head) {
  head.fields.clear();
  head.kinds = 0;
  head.framing = Framing::None;
  head.content_length = 0;
  head.has_content_length = head.connection_close = head.connection_keep_alive = false;
  head.connection_upgrade = head.connection_names_fields = false;
  head.fields_end = nullptr;
  head.size = 0;
  cause_ = Cause::None;
  hosts_ = lengths_ = codings_ = nominated_ = 0;
  authority_from_target_ = false;
  host_ = {};
}

ParseResult HeadParser::parse_request(std::string_view bytes) {
  reset(request_);
  request_.method = request_.authority = {};
  request_.set_target({});
  request_.expects_continue = false;
  request_.minor_version = 1;
  const char* from = bytes.data();
  // One empty line before a request is ignored (RFC 9112 §2.2).
  if (bytes.starts_with("\r\n")) from += 2;
  const Line line = read_line(bytes, from);
  const std::size_t line_limit = limits_.target + kMaxMethod + kVersionLength + 2;
  if (!line.found) {
    const std::size_t length = bytes.size() - distance(bytes.data(), from);
    if (!may_become_request_line({from, length})) return refuse(Cause::BadRequestLine);
    // Without its LF the line may still have its CR.
    return length > line_limit + 1 ? refuse(Cause::TargetLimit) : ParseResult::Incomplete;
  }
  if (!line.valid) return refuse(Cause::BadRequestLine);
  if (line.text.size() > line_limit) return refuse(Cause::TargetLimit);
  if (!parse_request_line(line.text)) return ParseResult::Refused;
  const ParseResult result = parse_fields(bytes, line.next, request_);
  if (result != ParseResult::Complete) return result;
  return check_request() ? ParseResult::Complete : ParseResult::Refused;
}

ParseResult HeadParser::parse_response(std::string_view bytes, bool to_head) {
  reset(response_);
  response_.keep_alive = {};
  const Line line = read_line(bytes, bytes.data());
  if (!line.found) {
    // What is no status line now will not become one.
    const std::string_view expected("HTTP/1.");
    const auto length = std::min(bytes.size(), expected.size());
    if (bytes.substr(0, length) != expected.substr(0, length)) return refuse(Cause::BadRequestLine);
    return bytes.size() > limits_.head ? refuse(Cause::HeadLimit) : ParseResult::Incomplete;
  }
  if (!line.valid || !parse_status_line(line.text)) return refuse(Cause::BadRequestLine);
  const ParseResult result = parse_fields(bytes, line.next, response_);
  if (result != ParseResult::Complete) return result;
  if (!check_framing(response_)) return ParseResult::Refused;
  const int status = response_.status;
  if (to_head || status < 200 || status == 204 || status == 304) {
    response_.framing = Framing::None;  // RFC 9112 §6.3, rule 1
  } else if (codings_ == 0 && lengths_ == 0) {
    response_.framing = Framing::Close;
  }
  return ParseResult::Complete;
}

ParseResult HeadParser::parse_fields(std::string_view bytes, const char* from, Head& head) {
  const char* const start = bytes.data();
  const char* const end = start + bytes.size();
  for (;;) {
    const auto* feed = static_cast<const char*>(std::memchr(from, '\n', distance(from, end)));
    if (feed == nullptr) {
      return bytes.size() > limits_.head ? refuse(Cause::HeadLimit) : ParseResult::Incomplete;
    }
    if (feed[-1] != '\r') return refuse(Cause::BadHeader);  // at `from`: behind another '\n'
    const char* const next = feed + 1;
    if (distance(start, next) > limits_.head) return refuse(Cause::HeadLimit);
    if (feed == from + 1) {
      head.fields_end = from;
      head.size = distance(start, next);
      return ParseResult::Complete;
    }
    if (head.fields.size() >= limits_.header_fields) return refuse(Cause::HeadLimit);
    if (!parse_field(from, feed - 1, head)) return ParseResult::Refused;
    from = next;
  }
}

/// The line from `line` to the CR at `end`.
bool HeadParser::parse_field(const char* line, const char* end, Head& head) {
  // Stops at the colon, or at whatever is no name, at the latest at the CR: obs-fold, a blank
  // before the colon, nothing.
  const char* colon = line;
  bool has_underscore = false;
  for (;;) {
    while (kDashedNameByte[static_cast<unsigned char>(*colon)]) colon++;
    if (*colon != '_') break;
    has_underscore = true;
    colon++;
  }
  const std::string_view name(line, distance(line, colon));
  if (*colon != ':' || name.empty()) {
    cause_ = Cause::BadHeader;
    return false;
  }
  const std::string_view value = trim_whitespace({colon + 1, distance(colon + 1, end)});
  if (!is_text(value)) {
    cause_ = Cause::BadHeader;
    return false;
  }
  FieldId id = classify(name);
  if (has_underscore && is_look_alike(name)) id = FieldId::LookAlike;
  head.fields.push_back({line, name, value, id});
  head.kinds |= 1U << static_cast<unsigned>(id);
  return id == FieldId::Other || note_field(head.fields.back(), head);
}

bool HeadParser::note_field(const Field& field, Head& head) {
  switch (field.id) {
    case FieldId::Host:
      hosts_++;
      host_ = field.value;
      break;
    case FieldId::ContentLength:
      lengths_++;
      length_ = field.value;
      break;
    case FieldId::TransferEncoding:
      codings_++;
      coding_ = field.value;
      break;
    case FieldId::Connection: return note_connection(field.value, head);
    case FieldId::KeepAlive:
      if (&head == &response_) response_.keep_alive.read(field.value);
      break;
    case FieldId::Expect:
      if (&head != &request_) break;
      request_.expects_continue = equals_ignore_case(field.value, "100-continue");
      if (!request_.expects_continue) {
        cause_ = Cause::Expectation;
        return false;
      }
      break;
    default: break;
  }
  return true;
}

bool HeadParser::note_connection(std::string_view value, Head& head) {
  ListReader options(value);
  while (auto option = options.next()) {
    if (!is_token(*option)) {
      cause_ = Cause::BadHeader;
      return false;
    }
    if (equals_ignore_case(*option, "close")) {
      head.connection_close = true;
    } else if (equals_ignore_case(*option, "keep-alive")) {
      head.connection_keep_alive = true;
    } else if (equals_ignore_case(*option, "upgrade")) {
      head.connection_upgrade = true;
    } else {
      head.connection_names_fields = true;
      // Each is compared with each field: a long list would be paid for by everybody.
      if (++nominated_ > kMaxNominated) {
        cause_ = Cause::HeadLimit;
        return false;
      }
    }
  }
  return true;
}

// RFC 9112 §6.3, without any of its tolerance: two lengths are one too many.
bool HeadParser::check_framing(Head& head) {
  if (lengths_ > 1 || codings_ > 1 || (lengths_ > 0 && codings_ > 0)) {
    cause_ = Cause::ConflictingLength;
    return false;
  }
  if (codings_ > 0) {
    if (head.minor_version == 0 || equals_ignore_case(coding_, "chunked, chunked")) {
      cause_ = Cause::BadTransferEncoding;
      return false;
    }
    cause_ = Cause::TransferCoding;
    head.framing = Framing::Chunked;
    return equals_ignore_case(coding_, "chunked");
  }
  if (lengths_ == 0) return true;
  cause_ = Cause::BadLength;
  if (length_.empty() || length_.size() > 18) return false;  // below 2^63
  for (const char c : length_) {
    if (!is_digit(c)) return false;
    head.content_length = head.content_length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  head.framing = head.content_length > 0 ? Framing::Length : Framing::None;
  head.has_content_length = true;
  return true;
}

bool HeadParser::check_request() {
  // RFC 9112 §3.2: exactly one Host in HTTP/1.1; HTTP/1.0 may go without.
  const bool may_be_missing = request_.minor_version == 0;
  if (hosts_ > 1 || (hosts_ == 0 ? !may_be_missing : !is_valid_authority(host_))) {
    cause_ = Cause::BadHost;
    return false;
  }
  if (!authority_from_target_) request_.authority = host_;
  return check_framing(request_);
}

}  // namespace gateway::http
