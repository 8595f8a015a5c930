// SPDX-License-Identifier: MIT
//
// A configuration to ask about.
#pragma once

#include <string>

namespace gateway::explain::test {

/// A bit of everything; `more`: further members.
inline std::string sample(const std::string& more = "") {
  return R"({
  "defaults": { "timeouts": { "connect": "2s" } },
  "services": {
    "orders": { "instances": [ { "url": "http://10.0.0.1:8001" }, { "url": "http://b" } ],
                "timeouts": { "idle": "10s" } },
    "legacy": { "instances": [ { "url": "unix:/run/legacy.sock" } ] } },
  "routes": [
    { "name": "all", "match": { "path_prefix": "/" }, "service": "legacy" },
    { "name": "orders", "match": { "path_prefix": "/api/orders/", "methods": [ "GET", "POST" ] },
      "service": "orders", "rewrite": { "path_prefix": "/v1/" },
      "limits": { "request_body": "1KiB" },
      "headers": { "request": { "remove": [ "Cookie" ], "set": { "X-Team": "orders" } } } },
    { "name": "beta", "match": { "path_prefix": "/api/orders/", "host": "*.beta.example" },
      "service": "legacy", "preserve_host": true },
    { "name": "tea", "match": { "path_prefix": "/tea/" }, "response": { "status": 418 } },
    { "name": "old", "match": { "path_prefix": "/old/" },
      "redirect": { "location": "/api/orders/", "keeps_path": true } } ])" +
         more + "\n}\n";
}

}  // namespace gateway::explain::test
