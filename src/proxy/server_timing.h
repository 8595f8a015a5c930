// SPDX-License-Identifier: MIT
//
// Server-Timing: tells the client where the time until the answer's head went.
//
// Metrics  queue, connect, upstream (waiting for the head), and gateway for all of it; what did not
//          happen is left out.
// Source   W3C Server Timing, §3: a list, so that a service's own field stands beside this one.
#pragma once

#include <cstdint>

#include "http/head_writer.h"
#include "proxy/phases.h"

namespace gateway::proxy {

/// Appends the field to a head that is sent at `now`.
void add_server_timing(http::HeadWriter& out, const Phases& phases, std::uint64_t now);

}  // namespace gateway::proxy
