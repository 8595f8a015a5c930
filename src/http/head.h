// SPDX-License-Identifier: MIT
//
// The parsed head of a request or response: views into the bytes it was read from.
//
// Lifetime  a head lives in its parser and its views in the receive buffer: use it during the
//           callback it is passed to, copy what must last.
// Source    RFC 9110 §5-6, RFC 9112 §2-7.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "http/keep_alive.h"

namespace gateway::http {

/// Field names the gateway itself acts on. Everything else is Other.
enum class FieldId : std::uint8_t {
  Other,
  Connection,
  ContentLength,
  Date,
  Expect,
  Forwarded,
  Host,
  KeepAlive,
  LookAlike,  ///< is_look_alike() of one of the others
  ProxyConnection,
  Te,
  Trailer,
  TransferEncoding,
  Upgrade,
  XForwarded,  ///< any X-Forwarded-* but -For
  XForwardedFor,
  XRequestId,
};

struct Field {
  const char* line;  ///< first byte of "Name: value\r\n"; lines of a head are contiguous
  std::string_view name;
  std::string_view value;  ///< without surrounding whitespace
  FieldId id;
};

enum class Framing : std::uint8_t {
  None,     ///< no body
  Length,   ///< Content-Length
  Chunked,  ///< Transfer-Encoding: chunked
  Close,    ///< until the connection closes (responses only)
};

struct Head {
  std::vector<Field> fields;
  std::uint32_t kinds = 0;           ///< which there are: a bit for each FieldId
  const char* fields_end = nullptr;  ///< one past the last field line
  std::size_t size = 0;              ///< bytes of the whole head, with its blank line
  int minor_version = 1;             ///< 0 or 1
  Framing framing = Framing::None;
  std::uint64_t content_length = 0;  ///< of the message on the wire, when framing is Length
  bool has_content_length = false;   ///< also set where there is no body (HEAD, 304)
  bool connection_close = false;
  bool connection_keep_alive = false;
  bool connection_upgrade = false;
  bool connection_names_fields = false;  ///< Connection lists further field names

  bool has(FieldId id) const { return (kinds >> static_cast<unsigned>(id) & 1U) != 0; }
  const Field* find(FieldId id) const;
  const Field* find(std::string_view name) const;  ///< case-insensitive; first of that name
  /// Whether the Connection fields of this head nominate `name` as hop-by-hop (RFC 9110 §7.6.1).
  bool nominates(std::string_view name) const;
  /// Connection, what it nominates, and the fields that always end at this hop.
  bool is_hop_by_hop(const Field& field) const;
};

struct RequestHead : Head {
  std::string_view method;
  std::string_view target;  ///< origin-form ("/path?query") or "*", byte for byte as sent
  std::string_view
      authority;  ///< of an absolute-form target, else the Host field; may be empty (HTTP/1.0)
  bool expects_continue = false;

  std::size_t path_size = 0;  ///< of target, up to '?': see set_target

  std::string_view path() const { return target.substr(0, path_size); }
  std::string_view query() const { return target.substr(path_size); }  ///< with its '?'
  void set_target(std::string_view bytes) {
    target = bytes;
    path_size = std::min(bytes.find('?'), bytes.size());
  }
  bool is_head() const { return method == "HEAD"; }
};

struct ResponseHead : Head {
  int status = 0;
  std::string_view reason;
  KeepAliveHint keep_alive;
};

}  // namespace gateway::http
