// SPDX-License-Identifier: MIT
//
// What the system lets this process have.
#pragma once

#include <cstdint>

namespace gateway {

/// Cores this process may run on (its affinity), at least 1.
unsigned usable_cores();

/// Raises the soft limit of open descriptors as far as the hard one lets it, and returns the limit
/// that holds afterwards.
std::uint64_t raise_descriptor_limit();

}  // namespace gateway
