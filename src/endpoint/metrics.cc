// SPDX-License-Identifier: MIT
//
// The metrics, one row each: name, type, help and where the numbers come from.
//
// Labels   have values from the configuration only, and words of ours: a client cannot make series.
//          An instance is told by its `url`: Prometheus has a label `instance` of its own.
// Left out are names that no worker has any longer; their counts wait for their return.
// Source   naming: https://prometheus.io/docs/practices/naming/
#include <array>
#include <functional>
#include <string>

#include "endpoint/endpoints.h"
#include "endpoint/identity.h"
#include "endpoint/metric_page.h"
#include "observe/snapshot.h"

namespace gateway::endpoint {
namespace {

constexpr std::string_view kCounter("counter");
constexpr std::string_view kGauge("gauge");
constexpr std::string_view kHistogram("histogram");

struct Metric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  void (*write)(MetricPage& page, const Snapshot& snapshot);
};

void write(MetricPage& page, const Labels& labels, std::uint64_t value) {
  page.sample(labels, value);
}

void write(MetricPage& page, const Labels& labels, const HistogramTotals& totals) {
  page.histogram(labels, totals);
}

void write(MetricPage& page, const Labels& labels, const ClassCounts& counts) {
  for (std::size_t i = 0; i < kStatusClasses; i++) {
    page.sample(labels.with("status", kClassWords[i]), counts[i]);
  }
}

/// For each cause that there was.
void write(MetricPage& page, const Labels& labels, const CauseCounts& counts) {
  for (const auto& [word, count] : by_word(counts)) page.sample(labels.with("cause", word), count);
}

/// Get: what a metric takes from the totals of one route, or of one instance.
template <auto Get>
void per_route(MetricPage& page, const Snapshot& snapshot) {
  for (const Snapshot::Route& route : snapshot.routes) {
    if (!route.is_current) continue;
    write(page, {{"route", route.name}, {"service", route.service}},
          std::invoke(Get, route.totals));
  }
}

template <auto Get>
void per_instance(MetricPage& page, const Snapshot& snapshot) {
  for (const Snapshot::Instance& instance : snapshot.instances) {
    if (!instance.is_current) continue;
    write(page, {{"service", instance.service}, {"url", instance.url}},
          std::invoke(Get, instance.totals));
  }
}

template <auto Get>
void once(MetricPage& page, const Snapshot& snapshot) {
  write(page, {}, std::invoke(Get, snapshot));
}

void write_build(MetricPage& page, const Snapshot& /*snapshot*/) {
  page.sample({{"version", kVersion}}, 1);
}

void write_start_time(MetricPage& page, const Snapshot& snapshot) {
  page.sample({}, static_cast<std::uint64_t>(snapshot.started_at_ms / 1000));
}

void write_workers(MetricPage& page, const Snapshot& snapshot) {
  Snapshot::Generation all;
  for (const auto& [number, generation] : snapshot.generations) {
    all.starting += generation.starting;
    all.serving += generation.serving;
    all.draining += generation.draining;
  }
  page.sample({{"state", "starting"}}, all.starting);
  page.sample({{"state", "serving"}}, all.serving);
  page.sample({{"state", "draining"}}, all.draining);
}

std::uint64_t draining_generations(const Snapshot& snapshot) {
  std::uint64_t count = 0;
  for (const auto& [number, generation] : snapshot.generations) {
    count += generation.draining > 0 ? 1 : 0;
  }
  return count;
}

void write_worker_connections(MetricPage& page, const Snapshot& snapshot) {
  for (const Snapshot::Worker& worker : snapshot.workers) {
    page.sample({{"worker", std::to_string(worker.slot)}}, worker.clients.connections());
  }
}

void write_accept_pauses(MetricPage& page, const Snapshot& snapshot) {
  page.sample({{"reason", "limit"}}, snapshot.clients.limit_pauses);
  page.sample({{"reason", "error"}}, snapshot.clients.accept_errors);
}

void write_up(MetricPage& page, const Snapshot& snapshot) {
  for (const Snapshot::Instance& instance : snapshot.instances) {
    if (!instance.is_current || instance.status == InstanceStatus::Unknown) continue;
    page.sample({{"service", instance.service}, {"url", instance.url}},
                instance.status == InstanceStatus::Up ? 1 : 0);
  }
}

constexpr auto accepted = [](const Snapshot& snapshot) { return snapshot.clients.accepted; };
constexpr auto dropped = [](const Snapshot& snapshot) {
  return snapshot.clients.log_lines_dropped;
};

constexpr std::array kMetrics{
    // The gateway as a whole.
    Metric{"api_gateway_build_info", kGauge, "Version of the program.", write_build},
    Metric{"api_gateway_start_time_seconds", kGauge, "When the master started, in unix time.",
           write_start_time},
    Metric{"api_gateway_generation", kGauge, "Newest generation of workers that serves.",
           once<&Snapshot::generation>},
    Metric{"api_gateway_workers", kGauge, "Worker processes, by what they do.", write_workers},
    Metric{"api_gateway_draining_generations", kGauge, "Generations that finish their requests.",
           once<draining_generations>},
    Metric{"api_gateway_worker_restarts_total", kCounter,
           "Workers that ended although they were wanted.", once<&Snapshot::worker_restarts>},
    Metric{"api_gateway_reloads_total", kCounter, "Reloads after which a new generation served.",
           once<&Snapshot::reloads>},
    Metric{"api_gateway_reload_failures_total", kCounter,
           "Reloads after which the old generation went on.", once<&Snapshot::reloads_failed>},
    Metric{"api_gateway_log_lines_dropped_total", kCounter,
           "Log lines that a full pipe did not take.", once<dropped>},

    // Clients.
    Metric{"api_gateway_client_connections_total", kCounter, "Connections accepted from clients.",
           once<accepted>},
    Metric{"api_gateway_client_connections", kGauge, "Open connections with clients.",
           write_worker_connections},
    Metric{"api_gateway_accept_pauses_total", kCounter,
           "How often accepting paused: max_connections was reached, or accepting failed.",
           write_accept_pauses},

    // Requests.
    Metric{"api_gateway_requests_total", kCounter, "Requests that have ended, by class of status.",
           per_route<&RouteTotals::ended>},
    Metric{"api_gateway_request_failures_total", kCounter,
           "Requests that did not end as asked, by cause.", per_route<&RouteTotals::failures>},
    Metric{"api_gateway_requests_lost_total", kCounter,
           "Requests in flight in a worker that was killed.", per_route<&RouteTotals::lost>},
    Metric{"api_gateway_requests_in_flight", kGauge, "Requests that have begun and not ended.",
           per_route<&RouteTotals::in_flight>},
    Metric{"api_gateway_request_duration_seconds", kHistogram,
           "From the end of the request's head to the end of the answer; without upgraded ones.",
           per_route<&RouteTotals::duration>},
    Metric{"api_gateway_request_body_bytes_total", kCounter,
           "Bytes of request bodies, counted when the request ends.",
           per_route<&RouteTotals::bytes_in>},
    Metric{"api_gateway_response_body_bytes_total", kCounter,
           "Bytes of response bodies, counted when the request ends.",
           per_route<&RouteTotals::bytes_out>},
    Metric{"api_gateway_tunnels_total", kCounter, "Connections that were upgraded.",
           per_route<&RouteTotals::tunnels_begun>},
    Metric{"api_gateway_tunnels", kGauge, "Upgraded connections that are open.",
           per_route<&RouteTotals::tunnels>},

    // Instances of services.
    Metric{"api_gateway_upstream_up", kGauge,
           "Whether the last connect to the instance worked; absent before the first.", write_up},
    Metric{"api_gateway_upstream_attempts_total", kCounter,
           "Attempts to send a request to the instance.", per_instance<&InstanceTotals::attempts>},
    Metric{"api_gateway_upstream_retries_total", kCounter,
           "Attempts that were not the first of their request.",
           per_instance<&InstanceTotals::retries>},
    Metric{"api_gateway_upstream_responses_total", kCounter,
           "Responses of the instance, by class of status.",
           per_instance<&InstanceTotals::responses>},
    Metric{"api_gateway_upstream_failures_total", kCounter, "Attempts that failed, by cause.",
           per_instance<&InstanceTotals::failures>},
    Metric{"api_gateway_upstream_in_flight", kGauge, "Attempts that have begun and not ended.",
           per_instance<&InstanceTotals::in_flight>},
    Metric{"api_gateway_upstream_response_seconds", kHistogram,
           "From the attempt, connecting included, to the end of the response's head.",
           per_instance<&InstanceTotals::response_time>},
    Metric{"api_gateway_upstream_connects_total", kCounter, "Connections tried to the instance.",
           per_instance<&InstanceTotals::connects>},
    Metric{"api_gateway_upstream_reuses_total", kCounter,
           "Attempts on a connection that was kept from before.",
           per_instance<&InstanceTotals::reuses>},
    Metric{"api_gateway_upstream_connections", kGauge,
           "Open connections with the instance, idle ones included.",
           per_instance<&InstanceTotals::connections>},
};

}  // namespace

std::string metrics(const EndpointContext& context) {
  const Snapshot snapshot = take_snapshot(context.scoreboard);
  MetricPage page;
  for (const Metric& metric : kMetrics) {
    page.begin(metric.name, metric.type, metric.help);
    metric.write(page, snapshot);
  }
  return page.text();
}

}  // namespace gateway::endpoint
