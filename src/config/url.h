// SPDX-License-Identifier: MIT
//
// The URL of an instance: http://host[:port] or unix:/path.
//
// Source   RFC 3986 §3.2 (authority), RFC 1123 §2.1 (host names; "_" is accepted as well, since
//          container networks use it).
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "util/result.h"

namespace gateway {

/// Errors say what is wrong with the URL without repeating it.
Result<InstanceConfig> parse_instance_url(std::string_view url);

/// The URL with "***" in place of a user name and password, fit for a log.
std::string without_user(std::string_view url);

}  // namespace gateway
