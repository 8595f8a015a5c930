// SPDX-License-Identifier: MIT
#include "http/last_call.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

namespace gateway::http {

void refuse_new_handshakes(int listener) {
  // A socket filter sees segments from the TCP header on (RFC 9293 §3.1): with SYN in its flags a
  // segment is dropped. Where it cannot be attached the last call is only less certain.
  constexpr unsigned kFlags = 13;
  constexpr unsigned kSyn = 0x02;
  constexpr unsigned kWholeSegment = 0xffffffff;
  std::array program{
      sock_filter BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlags),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kSyn, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, kWholeSegment),
  };
  int domain = 0;
  socklen_t size = sizeof domain;
  getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  if (domain != AF_INET && domain != AF_INET6) return;
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

}  // namespace gateway::http
