// SPDX-License-Identifier: MIT
//
// What clients of the example service put into paths and queries.
#pragma once

#include <optional>
#include <string_view>

#include "util/duration.h"

namespace gateway::example {

/// The value of `name` in a query ("?a=1&b=2" or without the mark), as it was sent; the first one.
std::optional<std::string_view> parameter(std::string_view query, std::string_view name);

/// Decimal seconds up to an hour: "2", "0.25".
std::optional<Milliseconds> parse_seconds(std::string_view text);

}  // namespace gateway::example
