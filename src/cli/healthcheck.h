// SPDX-License-Identifier: MIT
//
// Healthcheck: GET /health of a gateway on this machine, for container engines.
//
// Asked    at the address that the configuration has; when that fails, at the one that the running
//          gateway says it listens on: the file may be broken or changed and not loaded yet.
// Bounded  all of it takes less than the 3 s that the container image gives it.
#pragma once

#include <string>

#include "config/environment.h"
#include "process/runtime_paths.h"
#include "util/address.h"
#include "util/duration.h"
#include "util/result.h"

namespace gateway::cli {

/// Where who listens at this address answers on this machine.
Address on_this_machine(const Address& bound);

/// Where a gateway with this listener answers on this machine; an error when the kernel chose.
Result<Address> healthcheck_address(const ListenerConfig& listener);

/// ok when it answers 200 within `patience`.
Status check_health(const Address& address, Milliseconds patience);

/// Which running gateway is meant.
struct HealthcheckTarget {
  std::string config;  ///< as given by -c; empty: it was not
  RuntimeOptions runtime;
};

/// Prints what is wrong, if anything, and returns the exit status.
int run_healthcheck(const Result<LoadedConfig>& loaded, const HealthcheckTarget& target);

}  // namespace gateway::cli
