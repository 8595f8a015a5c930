// SPDX-License-Identifier: MIT
#include "process/status_report.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "observe/snapshot.h"
#include "util/clock.h"

namespace gateway {
namespace {

using Json = nlohmann::ordered_json;

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

Json seconds_until(std::uint64_t due_us) {
  if (due_us == Generation::kNever) return nullptr;
  const std::uint64_t now = monotonic_us();
  return due_us > now ? (due_us - now) / 1'000'000 : 0;
}

std::string word(WorkerState state) {
  switch (state) {
    case WorkerState::Free:
    case WorkerState::Starting: break;
    case WorkerState::Serving: return "serving";
    case WorkerState::Draining: return "draining";
  }
  return "starting";
}

Json worker_json(const Generation::WorkerView& worker, const Snapshot& snapshot) {
  if (worker.pid == 0) return {{"pid", nullptr}, {"state", "restarting"}};
  Json json = {{"pid", worker.pid}, {"slot", worker.slot}};
  for (const Snapshot::Worker& counted : snapshot.workers) {
    if (counted.slot != worker.slot) continue;
    json.update({{"state", word(counted.state)},
                 {"connections", counted.clients.connections()},
                 {"exchanges", counted.requests.in_flight()}});
  }
  return json;
}

Json generation_json(const Generation& generation, const Snapshot& snapshot) {
  Json workers = Json::array();
  for (const auto& worker : generation.workers()) {
    workers.push_back(worker_json(worker, snapshot));
  }
  return {{"number", generation.number()},
          {"state", generation.stage_name()},
          {"cut_in_seconds", seconds_until(generation.stage_ends_us())},
          {"tunnels_ended", generation.has_ended_tunnels()},
          {"workers", workers}};
}

Json last_reload(const GatewayCounters& counters) {
  const auto last = counters.last_reload.read();
  if (!last) return nullptr;
  return {{"ok", last->is_ok},
          {"at", utc_timestamp(last->at_ms)},
          {"generation", last->generation},
          {"error", last->is_ok ? Json() : Json(last->error)}};
}

/// Those for clients.
Json listeners_json(const Generation::Parts* parts) {
  Json listeners = Json::array();
  if (parts == nullptr) return listeners;
  for (std::size_t i = 0; i < parts->config.listeners.size(); i++) {
    listeners.push_back(parts->listeners[i]->bound.to_string());
  }
  return listeners;
}

Json admin_json(const Generation::Parts* parts) {
  if (parts == nullptr || !parts->config.admin) return nullptr;
  return parts->listeners.back()->bound.to_string();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

std::string summary(const Succession& succession) {
  std::string text;
  std::size_t older = 0;
  for (const Generation* generation : succession.generations()) {
    if (generation->stage_name() == "serving") {
      text = "generation " + std::to_string(generation->number()) + " serves with " +
             counted(generation->workers().size(), "worker");
    } else if (generation->stage_name() != "starting") {
      older++;
    }
  }
  if (text.empty()) text = "no generation serves";
  if (older > 0) text += ", " + std::to_string(older) + (older == 1 ? " drains" : " drain");
  return text;
}

std::string status_json(const StatusSources& sources) {
  const Generation::Parts* parts = sources.succession.parts();
  const Snapshot snapshot = take_snapshot(sources.scoreboard);
  Json generations = Json::array();
  for (const Generation* generation : sources.succession.generations()) {
    generations.push_back(generation_json(*generation, snapshot));
  }
  const std::int64_t up_ms = unix_ms() - snapshot.started_at_ms;
  const Json report = {{"version", GATEWAY_VERSION},
                       {"pid", getpid()},
                       {"state", sources.state},
                       {"summary", summary(sources.succession)},
                       {"uptime_seconds", up_ms > 0 ? up_ms / 1000 : 0},
                       {"generation", parts != nullptr ? Json(parts->number) : Json()},
                       {"listeners", listeners_json(parts)},
                       {"admin", admin_json(parts)},
                       {"generations", generations},
                       {"worker_crashes", sources.scoreboard.gateway.worker_crashes.read()},
                       {"last_reload", last_reload(sources.scoreboard.gateway)},
                       {"config_file", text_or_null(sources.config_file)},
                       {"pid_file", sources.pid_file},
                       {"successor", sources.successor != 0 ? Json(sources.successor) : Json()}};
  return report.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gateway
