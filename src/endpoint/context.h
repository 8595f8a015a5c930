// SPDX-License-Identifier: MIT
//
// EndpointContext: what endpoints know. All of it outlives them.
#pragma once

#include "config/config.h"
#include "observe/series.h"

namespace gateway::endpoint {

struct EndpointContext {
  const Config& config;
  const Scoreboard& scoreboard;
  const Meters& meters;  ///< of the names in config
  unsigned generation;   ///< of the worker that answers
};

}  // namespace gateway::endpoint
