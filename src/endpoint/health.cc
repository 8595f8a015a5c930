// SPDX-License-Identifier: MIT
#include "endpoint/endpoints.h"
#include "endpoint/identity.h"
#include "util/clock.h"

namespace gateway::endpoint {

std::string health(const EndpointContext& /*context*/) {
  return to_body({{"status", "healthy"},
                  {"service", kServiceName},
                  {"version", kVersion},
                  {"timestamp", utc_timestamp(unix_ms())}});
}

}  // namespace gateway::endpoint
