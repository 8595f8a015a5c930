// SPDX-License-Identifier: MIT
//
// TopJson: a frame as one line of JSON, for scripts. api-gateway(8) has its members.
#pragma once

#include <string>

#include "cli/top_frame.h"

namespace gateway::cli {

std::string json_of(const TopFrame& frame);

}  // namespace gateway::cli
