// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "endpoint/endpoints.h"
#include "endpoint/identity.h"
#include "endpoint/service_state.h"
#include "observe/snapshot.h"
#include "util/clock.h"

namespace gateway::endpoint {
namespace {

double uptime_seconds(const Snapshot& snapshot) {
  // The wall clock may have been set back since.
  return static_cast<double>(std::max<std::int64_t>(0, unix_ms() - snapshot.started_at_ms)) / 1000;
}

Json workers(const Snapshot& snapshot) {
  unsigned serving = 0;
  unsigned draining = 0;
  for (const auto& [number, generation] : snapshot.generations) {
    serving += generation.serving;
    draining += generation.draining;
  }
  return {{"serving", serving}, {"draining", draining}};
}

Json generations(const Snapshot& snapshot) {
  Json list = Json::array();
  for (const auto& [number, generation] : snapshot.generations) {
    list.push_back({{"generation", number},
                    {"starting", generation.starting},
                    {"serving", generation.serving},
                    {"draining", generation.draining}});
  }
  return list;
}

Json responses(const ClassCounts& counts) {
  Json object = Json::object();
  for (std::size_t i = 0; i < kStatusClasses; i++) object[std::string(kClassWords[i])] = counts[i];
  return object;
}

Json failures(const CauseCounts& counts) {
  Json object = Json::object();
  for (const auto& [word, count] : by_word(counts)) object[std::string(word)] = count;
  return object;
}

Json service_words(const EndpointContext& context) {
  Json words = Json::object();
  const auto states = service_states(context);
  for (std::size_t i = 0; i < states.size(); i++) {
    words[context.config.services[i].name] = to_word(states[i].status);
  }
  return words;
}

/// Whole microseconds are more than a bucket tells.
Json milliseconds(std::optional<double> microseconds) {
  return microseconds ? Json(std::round(*microseconds) / 1000) : Json();
}

Json traffic(const EndpointContext& context, const Snapshot& snapshot) {
  Json services = Json::object();
  for (const ServiceConfig& service : context.config.services) {
    RouteTotals totals;
    for (const Snapshot::Route& route : snapshot.routes) {
      if (route.service == service.name) totals.add(route.totals);
    }
    services[service.name] = {{"requests_total", totals.begun},
                              {"exchanges", totals.in_flight()},
                              {"responses_total", responses(totals.ended)},
                              {"failures_total", sum(totals.failures)},
                              {"p50_ms", milliseconds(totals.duration.quantile_us(0.5))},
                              {"p99_ms", milliseconds(totals.duration.quantile_us(0.99))}};
  }
  return services;
}

}  // namespace

std::string status(const EndpointContext& context) {
  const Snapshot snapshot = take_snapshot(context.scoreboard);
  return to_body({{"status", "running"},
                  {"service", kServiceName},
                  {"version", kVersion},
                  {"uptime_seconds", uptime_seconds(snapshot)},
                  {"generation", context.generation},
                  {"generations", generations(snapshot)},
                  {"workers", workers(snapshot)},
                  {"worker_restarts_total", snapshot.worker_restarts},
                  {"reloads_total", snapshot.reloads},
                  {"reloads_failed_total", snapshot.reloads_failed},
                  {"connections", snapshot.clients.connections()},
                  {"connections_total", snapshot.clients.accepted},
                  {"exchanges", snapshot.requests.in_flight()},
                  {"tunnels", snapshot.requests.tunnels()},
                  {"requests_total", snapshot.requests.begun},
                  {"requests_lost_total", snapshot.requests.lost},
                  {"responses_total", responses(snapshot.requests.ended)},
                  {"failures_total", failures(snapshot.requests.failures)},
                  {"log_lines_dropped_total", snapshot.clients.log_lines_dropped},
                  {"services", service_words(context)},
                  {"traffic", traffic(context, snapshot)}});
}

}  // namespace gateway::endpoint
