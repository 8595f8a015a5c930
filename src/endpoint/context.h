// SPDX-License-Identifier: MIT
//
// EndpointContext: what endpoints know. All of it outlives them.
#pragma once

#include "config/config.h"
#include "observe/scoreboard.h"

namespace gateway::endpoint {

struct EndpointContext {
  const Config& config;
  const Scoreboard& scoreboard;
  const InstanceSlot* instances;  ///< in the order of config.services and their instances
  unsigned generation;            ///< of the worker that answers
};

}  // namespace gateway::endpoint
