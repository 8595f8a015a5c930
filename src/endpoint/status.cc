// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>

#include "endpoint/endpoints.h"
#include "endpoint/identity.h"
#include "endpoint/service_state.h"
#include "util/clock.h"

namespace gateway::endpoint {
namespace {

struct Totals {
  unsigned serving = 0;
  unsigned draining = 0;
  std::uint64_t connections = 0;
  std::uint64_t exchanges = 0;
  std::uint64_t tunnels = 0;
  std::uint64_t requests = 0;
  std::uint64_t log_lines_dropped = 0;
};

Totals total(const Scoreboard& scoreboard) {
  Totals sum;
  for (const WorkerSlot& slot : scoreboard.workers) {
    // Counters of a worker that has exited stay true; gauges it left behind do not.
    sum.requests += slot.requests.load(std::memory_order_relaxed);
    sum.log_lines_dropped += slot.log_lines_dropped.load(std::memory_order_relaxed);
    const WorkerState state = slot.state.load(std::memory_order_relaxed);
    if (state == WorkerState::Free) continue;
    if (state == WorkerState::Serving) sum.serving++;
    if (state == WorkerState::Draining) sum.draining++;
    sum.connections += slot.connections.load(std::memory_order_relaxed);
    sum.exchanges += slot.exchanges.load(std::memory_order_relaxed);
    sum.tunnels += slot.tunnels.load(std::memory_order_relaxed);
  }
  return sum;
}

double uptime_seconds(const Scoreboard& scoreboard) {
  const std::int64_t started_at = scoreboard.started_at_ms.load(std::memory_order_relaxed);
  // The wall clock may have been set back since.
  return static_cast<double>(std::max<std::int64_t>(0, unix_ms() - started_at)) / 1000;
}

Json service_words(const EndpointContext& context) {
  Json words = Json::object();
  const auto states = service_states(context);
  for (std::size_t i = 0; i < states.size(); i++) {
    words[context.config.services[i].name] = to_word(states[i].status);
  }
  return words;
}

}  // namespace

std::string status(const EndpointContext& context) {
  const Totals totals = total(context.scoreboard);
  return to_body({{"status", "running"},
                  {"service", kServiceName},
                  {"version", kVersion},
                  {"uptime_seconds", uptime_seconds(context.scoreboard)},
                  {"generation", context.generation},
                  {"workers", {{"serving", totals.serving}, {"draining", totals.draining}}},
                  {"connections", totals.connections},
                  {"exchanges", totals.exchanges},
                  {"tunnels", totals.tunnels},
                  {"requests_total", totals.requests},
                  {"log_lines_dropped_total", totals.log_lines_dropped},
                  {"services", service_words(context)}});
}

}  // namespace gateway::endpoint
