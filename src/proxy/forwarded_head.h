// SPDX-License-Identifier: MIT
//
// Heads as they pass the gateway: the request head a service receives and the response head a
// client receives. Lines that nobody touches are copied as runs of bytes, so their order, letter
// case and repetition stay as they were sent. A route's edits remove and replace lines of the
// other side and add new ones behind them; they reach no field the gateway itself acts on.
//
// Trust    X-Forwarded-* and Forwarded of a trusted proxy pass, with its address appended to
//          X-Forwarded-For; those of anybody else are replaced.
// Source   RFC 9110 §7.6.1 (hop-by-hop fields), §6.6.1 (Date); RFC 7239 §4 (why Forwarded goes).
#pragma once

#include <cstdint>
#include <string_view>

#include "config/config.h"
#include "http/exchange.h"
#include "http/head_writer.h"

namespace gateway::proxy {

/// Whom a request came from, and where to.
struct Sender {
  std::string_view peer;         ///< address without port; "unix" for unix sockets
  bool is_trusted = false;       ///< a proxy whose X-Forwarded-* are believed
  std::uint16_t local_port = 0;  ///< of the listener; 0 for unix sockets
};

struct UpstreamRequest {
  std::string_view path_prefix;  ///< what the matched prefix is rewritten to
  std::string_view rest;         ///< of the target, behind the matched prefix, with its query
  std::string_view host;
  std::string_view request_id;
  std::string_view upgrade;     ///< value of Upgrade; empty: none is asked for
  bool wants_trailers = false;  ///< the client takes those of the response
  const HeaderEdits* edits = nullptr;
};

/// Whether `request` asks for a protocol that may be tunnelled. Not h2c: HTTP/2 inside a tunnel
/// would pass every rule the gateway applies to requests.
bool wants_upgrade(const http::RequestHead& request);

/// nullptr when there are none.
const HeaderEdits* edits_or_none(const HeaderEdits& edits);

Sender sender_of(const http::Exchange& exchange);

/// Whether the service is told the client's Host, not the instance's: which is told also where the
/// client (of HTTP/1.0) has none, as nobody may send an empty one for an http URL.
bool keeps_host(const RouteConfig& route, const http::RequestHead& request);

/// How a request that `route` takes goes on; views into the arguments.
UpstreamRequest upstream_request(const RouteConfig& route, const http::RequestHead& request,
                                 std::string_view instance_host, std::string_view request_id);

/// Writes the whole head.
void write_request_head(http::HeadWriter& out, const http::RequestHead& request,
                        const Sender& sender, const UpstreamRequest& upstream);

/// Puts another host into a head that write_request_head made, for the next instance.
void replace_host(http::HeadWriter& out, std::string_view host);

/// Writes status line and fields, without framing, Connection or the blank line (the exchange adds
/// those). Interim responses get neither request id nor Date nor edits. `with_trailers`: those of
/// the response pass, so their announcement does too.
void write_response_head(http::HeadWriter& out, const http::ResponseHead& response,
                         std::string_view request_id, const HeaderEdits* edits = nullptr,
                         bool with_trailers = false);

}  // namespace gateway::proxy
