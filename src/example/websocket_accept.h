// SPDX-License-Identifier: MIT
//
// The arithmetic of a WebSocket handshake. SHA-1 proves here that the peer speaks the protocol;
// it protects nothing.
//
// Source   RFC 6455 §4.2.2, RFC 3174 (SHA-1), RFC 4648 §4 (base64).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::example {

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

/// Whether a Sec-WebSocket-Key is the base64 form of 16 bytes.
bool is_websocket_key(std::string_view key);

std::array<std::uint8_t, 20> sha1(std::string_view message);
std::string base64(std::string_view bytes);

}  // namespace gateway::example
