// SPDX-License-Identifier: MIT
//
// The configuration told back: as it is in effect, and what may be in it.
#pragma once

#include <string>

#include "config/environment.h"

namespace gateway {

/// The effective configuration as a file (JSON with comments): behind each value its origin,
/// "built-in", "environment NAME" or file and line. Loads to the same configuration.
std::string effective_text(const LoadedConfig& loaded);

/// A JSON Schema (2020-12) of the configuration file, from the tables that decode it.
std::string schema_text();

}  // namespace gateway
