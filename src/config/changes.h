// SPDX-License-Identifier: MIT
//
// What is different between two configurations, told to whoever reloads.
//
// Text     one line each: "listener 127.0.0.1:8001 added", "workers: 2 -> 4",
//          "service users changed: timeouts.connect 5s -> 2s". Listeners that stay are named too.
// Same     listeners are told apart by their address, services by their name, routes by what they
//          match.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace gateway {

/// More than these are counted, not told.
inline constexpr std::size_t kMostChanges = 100;

std::vector<std::string> changes_between(const Config& before, const Config& after);

}  // namespace gateway
