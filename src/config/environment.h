// SPDX-License-Identifier: MIT
//
// Configuration by environment variables: GATEWAY_* and SERVICE<N>_URL.
//
// Empty    (or blank) means unset; blanks around a value are ignored.
// Errors   all of them at once, one a line: variable, value, what is accepted.
// Source   api-gateway(8), ENVIRONMENT.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "util/result.h"

namespace gateway {

struct LoadedConfig {
  Config config;
  std::vector<std::string> warnings;  ///< what an operator should know; nothing that stops us
};

/// `environment`: "NAME=VALUE" strings. Of several with one name the first counts, as in getenv().
Result<LoadedConfig> load_environment(std::span<const std::string_view> environment);

/// The environment of this process.
std::vector<std::string_view> process_environment();

}  // namespace gateway
