// SPDX-License-Identifier: MIT
//
// ServiceState: what is known of a service, out of what is known of its instances.
#pragma once

#include <string_view>
#include <vector>

#include "endpoint/context.h"

namespace gateway::endpoint {

struct ServiceState {
  /// Up when any instance is, Down when all are, else Unknown.
  InstanceStatus status = InstanceStatus::Unknown;
  /// Of the instance that changed last among those with an error.
  Cause last_error = Cause::None;
};

/// One state per service, in the order of the configuration.
std::vector<ServiceState> service_states(const EndpointContext& context);

std::string_view to_word(InstanceStatus status);  ///< "up", "down", "unknown"

}  // namespace gateway::endpoint
