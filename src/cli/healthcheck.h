// SPDX-License-Identifier: MIT
//
// Healthcheck: GET /health of a gateway on this machine, for container engines.
#pragma once

#include "config/environment.h"
#include "util/address.h"
#include "util/duration.h"
#include "util/result.h"

namespace gateway::cli {

/// Where a gateway with this listener answers on this machine; an error when the kernel chose.
Result<Address> healthcheck_address(const ListenerConfig& listener);

/// ok when it answers 200 within `patience`.
Status check_health(const Address& address, Milliseconds patience);

/// Prints what is wrong, if anything, and returns the exit status.
int run_healthcheck(const Result<LoadedConfig>& loaded);

}  // namespace gateway::cli
