// SPDX-License-Identifier: MIT
//
// The address of the client behind trusted proxies.
//
// Trust    X-Forwarded-For is read from its end, where the nearest proxy wrote: the first address
//          that is no trusted proxy is the client; what stands before it anybody may have written.
#pragma once

#include <string>

#include "http/exchange.h"

namespace gateway::proxy {

/// For a peer that is trusted. An address without port; the farthest one known when all are
/// trusted, or when an entry is no address.
std::string client_address(const http::Exchange& exchange);

}  // namespace gateway::proxy
