// SPDX-License-Identifier: MIT
#include "observe/counters.h"

namespace gateway {

void RouteCounters::end(const RequestEnd& end, bool was_tunnel) {
  bytes_in.add(end.bytes_in);
  bytes_out.add(end.bytes_out);
  if (was_tunnel) {
    tunnels_ended.add();
  } else {
    duration.record(end.duration_us);
  }
  if (end.cause != Cause::None) failures[static_cast<std::size_t>(end.cause)].add();
  ended[class_of(end.status)].add_last();
}

void RouteCounters::settle() {
  std::uint64_t all = 0;
  for (const Counter& some : ended) all += some.read();
  lost.set(begun.read() - all);
  tunnels_ended.set(tunnels_begun.read());
}

void InstanceCounters::settle() {
  attempts_ended.set(attempts.read());
  connections_closed.set(connections_opened.read());
}

}  // namespace gateway
