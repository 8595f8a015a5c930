// SPDX-License-Identifier: MIT
//
// Loading the configuration: environment over file over what is built in.
//
// Errors   all of them at once, one or more lines each: those of the files with their places,
//          then those of the environment.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/environment.h"
#include "util/result.h"

namespace gateway {

/// What is read when nobody names a file, where the program was configured to be installed.
inline constexpr const char* kDefaultConfigFile = GATEWAY_SYSCONFDIR "/gateway.json";

/// `file`: a path; empty: `default_file` when it exists, else no file.
Result<LoadedConfig> load_config(const std::string& file,
                                 std::span<const std::string_view> environment,
                                 const std::string& default_file = kDefaultConfigFile);

/// What load_config() reads, absolute; empty: no file.
std::string config_file(const std::string& file,
                        const std::string& default_file = kDefaultConfigFile);

/// Without any file.
Result<LoadedConfig> load_environment(std::span<const std::string_view> environment);

}  // namespace gateway
