// SPDX-License-Identifier: MIT
#include "cli/top_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace gateway::cli {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) { return std::round(value * 1000) / 1000; }

Json milliseconds(const std::optional<double>& microseconds) {
  return microseconds ? Json(rounded(*microseconds / 1000)) : Json();
}

Json rates(const TopRates& rates, Json names = Json::object()) {
  Json responses = Json::object();
  for (std::size_t i = 0; i < kStatusClasses; i++) {
    responses[std::string(kClassWords[i])] = rounded(rates.responses[i]);
  }
  names.update({{"requests_per_second", rounded(rates.requests)},
                {"responses_per_second", responses},
                {"failures_per_second", rounded(rates.failures)},
                {"bytes_in_per_second", rounded(rates.bytes_in)},
                {"bytes_out_per_second", rounded(rates.bytes_out)},
                {"requests_total", rates.requests_total},
                {"requests_lost_total", rates.lost_total},
                {"in_flight", rates.in_flight},
                {"tunnels", rates.tunnels},
                {"p50_ms", milliseconds(rates.p50_us)},
                {"p99_ms", milliseconds(rates.p99_us)}});
  return names;
}

Json instance(const TopInstance& row) {
  return {{"service", row.service},
          {"url", row.url},
          {"status", row.status == InstanceStatus::Unknown ? "unknown" : to_word(row.status)},
          {"attempts_per_second", rounded(row.attempts)},
          {"failures_per_second", rounded(row.failures)},
          {"retries_per_second", rounded(row.retries)},
          {"connects_per_second", rounded(row.connects)},
          {"reuses_per_second", rounded(row.reuses)},
          {"attempts_total", row.attempts_total},
          {"failures_total", row.failures_total},
          {"in_flight", row.in_flight},
          {"connections", row.connections},
          {"p50_ms", milliseconds(row.p50_us)},
          {"p99_ms", milliseconds(row.p99_us)}};
}

Json worker(const TopWorker& row) {
  return rates(row.rates, {{"worker", row.slot},
                           {"pid", row.pid},
                           {"generation", row.generation},
                           {"state", to_word(row.state)},
                           {"connections", row.connections},
                           {"connections_per_second", rounded(row.accepted)}});
}

Json generations(const TopFrame& frame) {
  Json list = Json::array();
  for (const auto& [number, generation] : frame.generations) {
    list.push_back({{"generation", number},
                    {"starting", generation.starting},
                    {"serving", generation.serving},
                    {"draining", generation.draining}});
  }
  return list;
}

}  // namespace

std::string json_of(const TopFrame& frame) {
  Json services = Json::array();
  for (const TopRoute& row : frame.services) {
    services.push_back(rates(row.rates, {{"service", row.service}}));
  }
  Json routes = Json::array();
  for (const TopRoute& row : frame.routes) {
    Json service = row.service.empty() ? Json() : Json(row.service);
    routes.push_back(rates(row.rates, {{"route", row.route}, {"service", std::move(service)}}));
  }
  Json instances = Json::array();
  for (const TopInstance& row : frame.instances) instances.push_back(instance(row));
  Json workers = Json::array();
  for (const TopWorker& row : frame.workers) workers.push_back(worker(row));
  const Json whole = {{"interval_seconds", rounded(frame.interval_seconds)},
                      {"uptime_seconds", rounded(frame.uptime_seconds)},
                      {"generation", frame.generation},
                      {"generations", generations(frame)},
                      {"worker_restarts_total", frame.worker_restarts},
                      {"reloads_total", frame.reloads},
                      {"reloads_failed_total", frame.reloads_failed},
                      {"log_lines_dropped_total", frame.log_lines_dropped},
                      {"connections", frame.connections},
                      {"connections_per_second", rounded(frame.accepted)},
                      {"total", rates(frame.all)},
                      {"services", std::move(services)},
                      {"routes", std::move(routes)},
                      {"instances", std::move(instances)},
                      {"workers", std::move(workers)}};
  return whole.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gateway::cli
