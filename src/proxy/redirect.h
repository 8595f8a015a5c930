// SPDX-License-Identifier: MIT
//
// Where a redirecting route sends its clients.
//
// Source   RFC 9110 §10.2.2 (Location), RFC 3986 §4.2 ("//" names a host).
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace gateway::proxy {

/// Value of Location. `rest` is the path behind the matched prefix, `query` begins with '?' or is
/// empty; both are used when `redirect` keeps the path. What a client asks for never changes the
/// host it is sent to.
std::string redirect_location(const Redirect& redirect, std::string_view rest,
                              std::string_view query);

}  // namespace gateway::proxy
