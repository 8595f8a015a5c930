// SPDX-License-Identifier: MIT
//
// The built-in example service: something to put behind the gateway, to try it and to test it.
//
// Paths, each also below /api (where the gateway's default rewrite puts them):
//   /health                      {"status":"healthy",…}
//   /status/<code>               that status, 200 to 599
//   /delay/<seconds>             an answer after so long
//   /stream?count=5&interval=1   Server-Sent Events, one every <interval> seconds
//   /bytes/<n>                   n bytes
//   /ws                          WebSocket echo
//   anything else                the request itself, as JSON
// Bodies   of any size are taken at constant memory.
#pragma once

#include <string>

#include "util/address.h"

namespace gateway::example {

struct ServiceOptions {
  Address listen;
  std::string name;
};

/// Serves until TERM, INT or QUIT. Returns the exit status; why it could not start is in the log.
int run(const ServiceOptions& options);

}  // namespace gateway::example
