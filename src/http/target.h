// SPDX-License-Identifier: MIT
//
// Request targets: what they may contain, and whether dot segments leave a prefix.
//
// Source   RFC 9112 §3.2 (forms), RFC 3986 §3.2.2 (host), §5.2.4 (dot segments).
#pragma once

#include <string_view>

namespace gateway::http {

/// uri-host [ ":" port ] (RFC 9110 §7.2): a name, an IPv4 or an [IPv6] address, none of it empty
/// but the port (§4.2.1).
bool is_valid_authority(std::string_view authority);

/// A path and query of visible ASCII without '#', whose path has only whole percent-encodings and
/// no %00. Stricter reading of what a path means is left to the service that receives it.
bool is_valid_origin_form(std::string_view target);

/// Whether some service could read `rest` (the path behind a matched prefix) as leaving it: walks
/// its segments as the loosest decoders do, with "%2e" for '.', "%2f", '\' and "%5c" for '/', and
/// path parameters (";x") cut off. Empty segments add no depth.
bool leaves_prefix(std::string_view rest);

}  // namespace gateway::http
