// SPDX-License-Identifier: MIT
//
// The endpoints: each returns the body of a 200 answer. A new one is a declaration here, a file of
// its name and a row in registry.cc.
#pragma once

#include <string>

#include "endpoint/context.h"

namespace gateway::endpoint {

/// GET /health: this process serves.
std::string health(const EndpointContext& context);
/// GET /api/gateway/status: the whole gateway in numbers.
std::string status(const EndpointContext& context);
/// GET /api/gateway/services: each service with its prefixes, instances and state.
std::string services(const EndpointContext& context);
/// GET /metrics (admin only): everything that is counted, for Prometheus.
std::string metrics(const EndpointContext& context);

}  // namespace gateway::endpoint
