// SPDX-License-Identifier: MIT
//
// Last call: what it takes to close a listening TCP socket without resetting anybody. The kernel
// has no "listen no more": a packet filter would do, but not every kernel lets an unprivileged
// process attach one. What every process may ask for is a least TTL (ip(7), IP_MINTTL; meant for
// RFC 5082), which no host sends with that is not on our own link and made for it.
#pragma once

namespace gateway::http {

/// From now on the kernel answers no new handshake on this listener; those that have begun end as
/// ever. A client that is not answered tries again a second later, and is refused when the socket
/// is closed by then. Of a unix socket nothing changes: its file has to go first.
void refuse_new_handshakes(int listener);

/// To be told of every connection of that listener: one whose handshake ended after the last call
/// has inherited that it hears nobody. What its client has sent meanwhile is sent again.
void hear(int connection);

}  // namespace gateway::http
