// SPDX-License-Identifier: MIT
#include "cli/top_frame.h"

#include <algorithm>
#include <utility>

namespace gateway::cli {
namespace {

/// Differences of counters, as rates.
class Pace {
 public:
  explicit Pace(double seconds) : seconds_(seconds) {}

  /// A row may have been given to another name meanwhile: never less than 0.
  double rate(std::uint64_t now, std::uint64_t before) const {
    return now > before ? static_cast<double>(now - before) / seconds_ : 0;
  }

  TopRates rates(const RouteTotals& now, const RouteTotals& before) const {
    TopRates rates;
    rates.requests = rate(now.begun, before.begun);
    for (std::size_t i = 0; i < kStatusClasses; i++) {
      rates.responses[i] = rate(now.ended[i], before.ended[i]);
    }
    rates.failures = rate(sum(now.failures), sum(before.failures));
    rates.bytes_in = rate(now.bytes_in, before.bytes_in);
    rates.bytes_out = rate(now.bytes_out, before.bytes_out);
    rates.requests_total = now.begun;
    rates.in_flight = now.in_flight();
    rates.tunnels = now.tunnels();
    rates.lost_total = now.lost;
    const HistogramTotals duration = difference(now.duration, before.duration);
    rates.p50_us = duration.quantile_us(0.5);
    rates.p99_us = duration.quantile_us(0.99);
    return rates;
  }

  TopInstance instance(const Snapshot::Instance& now, const InstanceTotals& before) const {
    TopInstance row{now.service, now.url, now.status};
    const InstanceTotals& totals = now.totals;
    row.attempts = rate(totals.attempts, before.attempts);
    row.failures = rate(sum(totals.failures), sum(before.failures));
    row.retries = rate(totals.retries, before.retries);
    row.connects = rate(totals.connects, before.connects);
    row.reuses = rate(totals.reuses, before.reuses);
    row.attempts_total = totals.attempts;
    row.failures_total = sum(totals.failures);
    row.in_flight = totals.in_flight();
    row.connections = totals.connections();
    const HistogramTotals time = difference(totals.response_time, before.response_time);
    row.p50_us = time.quantile_us(0.5);
    row.p99_us = time.quantile_us(0.99);
    return row;
  }

 private:
  double seconds_;
};

/// What a row was in the snapshot before: nothing, if it was not there.
RouteTotals route_before(const Snapshot& before, std::size_t row, const Snapshot::Route& now) {
  if (row >= before.routes.size()) return {};
  const Snapshot::Route& old = before.routes[row];
  return old.name == now.name && old.service == now.service ? old.totals : RouteTotals{};
}

InstanceTotals instance_before(const Snapshot& before, std::size_t row,
                               const Snapshot::Instance& now) {
  if (row >= before.instances.size()) return {};
  const Snapshot::Instance& old = before.instances[row];
  return old.url == now.url && old.service == now.service ? old.totals : InstanceTotals{};
}

void add_routes(TopFrame& frame, const Snapshot& before, const Snapshot& now, const Pace& pace) {
  std::map<std::string, std::pair<RouteTotals, RouteTotals>> services;
  for (std::size_t row = 0; row < now.routes.size(); row++) {
    const Snapshot::Route& route = now.routes[row];
    if (!route.is_current) continue;
    const RouteTotals old = route_before(before, row, route);
    frame.routes.push_back({route.name, route.service, pace.rates(route.totals, old)});
    if (route.service.empty()) continue;
    auto& [service_now, service_before] = services[route.service];
    service_now.add(route.totals);
    service_before.add(old);
  }
  for (const auto& [name, totals] : services) {
    frame.services.push_back({"", name, pace.rates(totals.first, totals.second)});
  }
}

void add_workers(TopFrame& frame, const Snapshot& before, const Snapshot& now, const Pace& pace) {
  for (const Snapshot::Worker& worker : now.workers) {
    const auto old = std::find_if(before.workers.begin(), before.workers.end(),
                                  [&](const auto& w) { return w.slot == worker.slot; });
    const bool is_known = old != before.workers.end();
    // Its slot may have been another's: what that counted is no work of this one.
    const RouteTotals& totals_before = is_known ? old->requests : worker.requests;
    frame.workers.push_back(
        {worker.slot, worker.pid, worker.state, worker.generation, worker.clients.connections(),
         is_known ? pace.rate(worker.clients.accepted, old->clients.accepted) : 0,
         pace.rates(worker.requests, totals_before)});
  }
}

}  // namespace

TopFrame make_frame(const Snapshot& before, const Snapshot& now, double seconds,
                    std::int64_t now_ms) {
  const Pace pace(seconds);
  TopFrame frame;
  frame.interval_seconds = seconds;
  frame.uptime_seconds =
      static_cast<double>(std::max<std::int64_t>(0, now_ms - now.started_at_ms)) / 1000;
  frame.generation = now.generation;
  frame.generations = now.generations;
  frame.worker_restarts = now.worker_restarts;
  frame.reloads = now.reloads;
  frame.reloads_failed = now.reloads_failed;
  frame.log_lines_dropped = now.clients.log_lines_dropped;
  frame.connections = now.clients.connections();
  frame.accepted = pace.rate(now.clients.accepted, before.clients.accepted);
  frame.all = pace.rates(now.requests, before.requests);
  add_routes(frame, before, now, pace);
  for (std::size_t row = 0; row < now.instances.size(); row++) {
    const Snapshot::Instance& instance = now.instances[row];
    if (!instance.is_current) continue;
    frame.instances.push_back(pace.instance(instance, instance_before(before, row, instance)));
  }
  add_workers(frame, before, now, pace);
  return frame;
}

std::string_view to_word(WorkerState state) {
  switch (state) {
    case WorkerState::Free: break;
    case WorkerState::Starting: return "starting";
    case WorkerState::Serving: return "serving";
    case WorkerState::Draining: return "draining";
  }
  return "-";
}

std::string_view to_word(InstanceStatus state) {
  switch (state) {
    case InstanceStatus::Up: return "up";
    case InstanceStatus::Down: return "down";
    case InstanceStatus::Unknown: break;
  }
  return "-";
}

}  // namespace gateway::cli
