// SPDX-License-Identifier: MIT
//
// What a running gateway says of itself.
#pragma once

#include <cstdint>
#include <string>

#include "process/runtime_paths.h"
#include "util/address.h"
#include "util/result.h"

namespace gateway::cli {

/// Where its first listener is bound. `config`: it has to be one that was started with this file;
/// empty: whichever it is. An error says why that is not known before `until_us`, in monotonic
/// microseconds.
Result<Address> running_address(const RuntimeOptions& runtime, const std::string& config,
                                std::uint64_t until_us);

}  // namespace gateway::cli
