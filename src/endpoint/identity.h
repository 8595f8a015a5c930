// SPDX-License-Identifier: MIT
//
// What every endpoint says about the program, and how JSON becomes a body.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#ifndef GATEWAY_VERSION
#define GATEWAY_VERSION "0.0.0-dev"
#endif

namespace gateway::endpoint {

using Json = nlohmann::ordered_json;

inline constexpr const char* kServiceName = "api-gateway";
inline constexpr const char* kVersion = GATEWAY_VERSION;

/// Bytes of the configuration that are not UTF-8 become U+FFFD.
inline std::string to_body(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gateway::endpoint
