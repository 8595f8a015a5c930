// SPDX-License-Identifier: MIT
//
// The `tests` of a configuration: requests that nobody sends, and what has to become of them.
//
// Errors   all failing tests at once, with the place of each expectation, in the form of all
//          problems of a configuration: expected, found, and which route is why.
// Source   api-gateway.json(5), TESTS.
#pragma once

#include "config/environment.h"
#include "util/result.h"

namespace gateway::explain {

/// ok when all pass, or there are none.
Status run_tests(const LoadedConfig& loaded);

}  // namespace gateway::explain
