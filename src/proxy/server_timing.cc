// SPDX-License-Identifier: MIT
#include "proxy/server_timing.h"

#include <string_view>

#include "util/text.h"

namespace gateway::proxy {

void add_server_timing(http::HeadWriter& out, const Phases& phases, std::uint64_t now) {
  std::string_view separator("Server-Timing: ");
  const auto add = [&](std::string_view name, std::uint64_t us) {
    if (us == Phases::kNever) return;
    char duration[kMillisecondsSize];
    const auto size = static_cast<std::size_t>(write_milliseconds(duration, us) - duration);
    out.add(separator).add(name).add(";dur=").add({duration, size});
    separator = ", ";
  };
  add("queue", phases.queue());
  add("connect", phases.connect());
  add("upstream", phases.upstream_header());
  add("gateway", phases.since_start(now));
  out.add("\r\n");
}

}  // namespace gateway::proxy
