// SPDX-License-Identifier: MIT
//
// Bounds and checks of a whole Config, whatever it was read from.
#pragma once

#include <cstddef>

#include "config/config.h"
#include "util/result.h"

namespace gateway {

inline constexpr unsigned kMaxWorkers = 256;
/// Of all services together: the memory shared by the workers has a place for each.
inline constexpr std::size_t kMaxInstances = 4096;

Status validate(const Config& config);

}  // namespace gateway
