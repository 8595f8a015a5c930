// SPDX-License-Identifier: MIT
//
// Request ids: random UUIDs made here, and which ids are believed when a client sends one.
//
// Random   unique, not secret: a fast generator seeded once by the kernel, anew in each process.
// Runs on  one thread a process.
// Source   RFC 9562 §5.4 (version 4).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace gateway {

inline constexpr std::size_t kUuidLength = 36;

/// Writes a new UUID's text (lower case, no NUL) into `out` and returns a view of it.
std::string_view write_uuid(std::span<char, kUuidLength> out);

/// Whether an id a client sent is taken over: [A-Za-z0-9._-]{1,128}.
bool is_valid_request_id(std::string_view id);

}  // namespace gateway
