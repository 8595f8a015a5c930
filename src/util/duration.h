// SPDX-License-Identifier: MIT
//
// Milliseconds: the unit of every timeout, and kOff for one that never fires.
#pragma once

#include <chrono>

namespace gateway {

using Milliseconds = std::chrono::milliseconds;
inline constexpr Milliseconds kOff = Milliseconds::max();

}  // namespace gateway
