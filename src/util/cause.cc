// SPDX-License-Identifier: MIT
#include "util/cause.h"

#include <array>
#include <cstddef>

namespace gateway {
namespace {

// One row per enumerator, in its order.
constexpr std::array kTable{
    CauseInfo{Cause::None, 200, "", "", ""},
    CauseInfo{Cause::NoRoute, 404, "not_found", "no_route", "no route matches this path"},
    CauseInfo{Cause::Method, 405, "method_not_allowed", "method",
              "this path does not support the method"},
    CauseInfo{Cause::BadRequestLine, 400, "bad_request", "malformed_request_line",
              "the request line is malformed"},
    CauseInfo{Cause::BadTarget, 400, "bad_request", "invalid_target",
              "the request target is not a valid path, URL or *"},
    CauseInfo{Cause::BadHost, 400, "bad_request", "invalid_host",
              "exactly one valid Host header is required"},
    CauseInfo{Cause::BadHeader, 400, "bad_request", "malformed_header",
              "a header line is malformed"},
    CauseInfo{Cause::BadLength, 400, "bad_request", "invalid_length",
              "Content-Length is not a plain decimal number"},
    CauseInfo{Cause::ConflictingLength, 400, "bad_request", "conflicting_length",
              "the message length is ambiguous: repeated or conflicting Content-Length and "
              "Transfer-Encoding"},
    CauseInfo{Cause::BadTransferEncoding, 400, "bad_request", "invalid_transfer_encoding",
              "Transfer-Encoding is malformed or not allowed here"},
    CauseInfo{Cause::BadChunk, 400, "bad_request", "bad_chunk", "the chunked body is malformed"},
    CauseInfo{Cause::EscapesPrefix, 400, "bad_request", "dot_segments",
              "dot segments in the path would leave the prefix it was routed by"},
    CauseInfo{Cause::ClientTimeout, 408, "request_timeout", "client_timeout",
              "the request did not arrive in time"},
    CauseInfo{Cause::BodyLimit, 413, "payload_too_large", "body_limit",
              "the request body is larger than allowed"},
    CauseInfo{Cause::TargetLimit, 414, "uri_too_long", "limit",
              "the request target is longer than allowed"},
    CauseInfo{Cause::HeadLimit, 431, "headers_too_large", "limit",
              "the request headers are larger than allowed"},
    CauseInfo{Cause::Expectation, 417, "expectation_failed", "expectation",
              "only Expect: 100-continue is supported"},
    CauseInfo{Cause::ConnectMethod, 501, "not_implemented", "connect_method",
              "CONNECT is not supported"},
    CauseInfo{Cause::TransferCoding, 501, "not_implemented", "transfer_coding",
              "the only supported transfer coding is chunked"},
    CauseInfo{Cause::Version, 505, "version_not_supported", "version",
              "only HTTP/1.0 and HTTP/1.1 are supported"},
    CauseInfo{Cause::ConnectRefused, 503, "service_unavailable", "connect_refused",
              "the service refused the connection"},
    CauseInfo{Cause::ConnectUnreachable, 503, "service_unavailable", "connect_unreachable",
              "the service cannot be reached"},
    CauseInfo{Cause::DnsFailure, 503, "service_unavailable", "dns_failure",
              "the service's name does not resolve"},
    CauseInfo{Cause::NoInstance, 503, "service_unavailable", "no_instance",
              "the service has no usable instance"},
    CauseInfo{Cause::ConnectTimeout, 504, "gateway_timeout", "connect_timeout",
              "the service did not accept the connection in time"},
    CauseInfo{Cause::ResponseHeaderTimeout, 504, "gateway_timeout", "response_header_timeout",
              "the service did not answer in time"},
    CauseInfo{Cause::UpstreamIdleTimeout, 504, "gateway_timeout", "upstream_idle_timeout",
              "the service fell silent"},
    CauseInfo{Cause::RequestTimeout, 504, "gateway_timeout", "request_timeout",
              "the request took longer than allowed"},
    CauseInfo{Cause::UpstreamReset, 502, "bad_gateway", "upstream_reset",
              "the service reset the connection before it answered"},
    CauseInfo{Cause::UpstreamClosed, 502, "bad_gateway", "upstream_closed",
              "the service closed the connection before it answered"},
    CauseInfo{Cause::BadResponse, 502, "bad_gateway", "bad_response",
              "the service sent an invalid response"},
    CauseInfo{Cause::ClientClosed, 499, "client_closed", "client_closed",
              "the client closed the connection"},
    CauseInfo{Cause::ClientWriteTimeout, 499, "client_write_timeout", "client_write_timeout",
              "the client stopped reading the answer"},
    CauseInfo{Cause::TunnelIdle, 499, "tunnel_idle", "tunnel_idle",
              "nothing passed through the tunnel"},
    CauseInfo{Cause::Shutdown, 499, "shutdown", "shutdown", "the gateway is shutting down"},
    CauseInfo{Cause::DrainLimit, 499, "drain_limit", "drain_limit",
              "the tunnel belonged to the oldest of too many draining generations"},
    CauseInfo{Cause::Internal, 500, "internal_error", "internal", "internal error"},
};

constexpr bool rows_match_enumerators() {
  for (std::size_t i = 0; i < kTable.size(); i++) {
    if (kTable[i].cause != static_cast<Cause>(i)) return false;
  }
  return kTable.size() == kCauseCount;
}
static_assert(rows_match_enumerators());

}  // namespace

const CauseInfo& info(Cause cause) { return kTable[static_cast<std::size_t>(cause)]; }

std::string_view reason_phrase(int status) {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 417: return "Expectation Failed";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

}  // namespace gateway
