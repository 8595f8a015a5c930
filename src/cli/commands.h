// SPDX-License-Identifier: MIT
//
// What the program does besides running the gateway. Each returns the exit status.
#pragma once

#include "config/environment.h"
#include "util/result.h"

namespace gateway::cli {

/// -t: says whether a gateway would start with this configuration, and everything that is wrong.
int test_configuration(const Result<LoadedConfig>& loaded);

/// Prints it as a file, with the origin of each value.
int dump_configuration(const Result<LoadedConfig>& loaded);

/// Prints "api-gateway: message" to stderr, a line for each of the message's.
void complain(std::string_view message);

}  // namespace gateway::cli
