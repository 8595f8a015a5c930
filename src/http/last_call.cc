// SPDX-License-Identifier: MIT
#include "http/last_call.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace gateway::http {
namespace {

// Segments with a lower TTL, or hop limit, are dropped before the kernel looks into them.
void set_least_ttl(int socket, int ttl) {
  ::setsockopt(socket, IPPROTO_IP, IP_MINTTL, &ttl, sizeof ttl);
  int domain = 0;
  socklen_t size = sizeof domain;
  ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  if (domain == AF_INET6) {
    ::setsockopt(socket, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &ttl, sizeof ttl);
  }
}

}  // namespace

void refuse_new_handshakes(int listener) { set_least_ttl(listener, 255); }

void hear(int connection) { set_least_ttl(connection, 0); }

}  // namespace gateway::http
