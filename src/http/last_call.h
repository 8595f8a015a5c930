// SPDX-License-Identifier: MIT
//
// Last call: what it takes to close a listening socket without resetting anybody.
#pragma once

namespace gateway::http {

/// From now on the kernel answers no new handshake on this TCP listener; those that have begun end
/// as ever. A client that is not answered tries again a second later, and is refused when the
/// socket is closed by then. Of a unix socket nothing changes: its file has to go first.
void refuse_new_handshakes(int listener);

}  // namespace gateway::http
