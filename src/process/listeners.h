// SPDX-License-Identifier: MIT
//
// Listeners: the sockets that the master opens once and all workers share.
//
// A generation keeps the sockets whose address its predecessor has too, so that no connection is
// lost in between; a socket is closed, and the file of a unix socket removed, when the last
// generation that has it lets go.
#pragma once

#include <memory>
#include <vector>

#include "config/config.h"
#include "process/inherited_sockets.h"
#include "process/socket_file.h"
#include "util/address.h"
#include "util/result.h"
#include "util/unique_fd.h"

namespace gateway {

struct Listener {
  Address configured;  ///< port 0: the kernel was to pick one
  Address bound;
  UniqueFd socket;          ///< non-blocking; what it accepts has TCP_NODELAY
  mutable SocketFile file;  ///< of a unix socket; may be disowned
};

using Listeners = std::vector<std::shared_ptr<const Listener>>;

/// Those of `sockets` that a listener is configured for: by its address, else by its name, else,
/// when its port is 0, by its host. The others are left. `own_files`: the files of unix sockets are
/// to be removed with them.
Listeners adopt_listeners(const std::vector<ListenerConfig>& configs,
                          std::vector<InheritedSocket>& sockets, bool own_files);

/// A listener for each of `configs`, in order, taken from `open` where it is there already. Errors
/// name the address and what to do about it.
Result<Listeners> open_listeners(const std::vector<ListenerConfig>& configs, const Listeners& open);

}  // namespace gateway
