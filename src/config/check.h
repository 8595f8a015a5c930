// SPDX-License-Identifier: MIT
//
// What must hold between the parts of a Config: names that refer to each other, routes that can
// be reached.
#pragma once

#include "config/config.h"
#include "config/problems.h"

namespace gateway {

/// Problems stand at the pointers of the file, as `origins` has them.
void check(const Config& config, const Origins& origins, Problems& problems);

}  // namespace gateway
