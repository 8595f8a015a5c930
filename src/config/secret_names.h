// SPDX-License-Identifier: MIT
//
// Query parameters whose values are commonly secrets: what the access log masks by default.
#pragma once

#include <string>
#include <vector>

namespace gateway {

/// How names are compared: observe/secret_mask.h, which needs only one spelling of each.
std::vector<std::string> known_secret_names();

}  // namespace gateway
