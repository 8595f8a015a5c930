// SPDX-License-Identifier: MIT
//
// Max-Forwards: how many intermediaries a TRACE or OPTIONS request may still pass.
//
// Source  RFC 9110 §7.6.2.
#pragma once

#include <cstdint>
#include <optional>

#include "http/head.h"

namespace gateway::proxy {

/// nullopt: as many as there are. Other methods have no limit, whatever their field says.
std::optional<std::uint32_t> max_forwards(const http::RequestHead& request);

}  // namespace gateway::proxy
