// SPDX-License-Identifier: MIT
//
// Trailers: fields behind a chunked body, as they pass the gateway.
//
// Who      those of a response reach a client that asked for them (TE: trailers), those of a
//          request a service when the client announced them (Trailer); others are dropped.
// What     everything but fields that frame, route, authenticate or control the message, or say how
//          to read its content, and those the gateway or the route's edits have a say in: a
//          recipient that merges trailers into the head must not be misled.
// Source   RFC 9110 §6.5.1 (limitations), §6.6.2 (Trailer), §10.1.4 (TE); RFC 9112 §7.1.2.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "http/head.h"

namespace gateway::proxy {

/// Whether the client takes the trailers of the response.
bool wants_trailers(const http::RequestHead& request);

/// Whether the client announced trailers of its request.
bool announces_trailers(const http::RequestHead& request);

/// `section`: lines "Name: value\r\n" of valid fields. Removes those that must not pass.
void filter_trailers(std::string& section, const HeaderEdits& edits);

}  // namespace gateway::proxy
