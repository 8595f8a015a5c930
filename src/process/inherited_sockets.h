// SPDX-License-Identifier: MIT
//
// Sockets that listen already when the gateway starts: a service manager opened them (socket
// activation), or the old master of an upgrade has them.
//
// Source  sd_listen_fds(3): LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES, from descriptor 3 on.
#pragma once

#include <string>
#include <vector>

#include "util/address.h"
#include "util/result.h"
#include "util/unique_fd.h"

namespace gateway {

struct InheritedSocket {
  UniqueFd socket;   ///< non-blocking, closes on exec
  Address address;   ///< that it is bound to
  std::string name;  ///< as the service manager calls it; empty: it does not
};

/// What is there for this process, once: the variables are removed from the environment. An error
/// when a descriptor is not a listening stream socket.
Result<std::vector<InheritedSocket>> take_inherited_sockets();

}  // namespace gateway
