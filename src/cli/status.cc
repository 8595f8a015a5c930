// SPDX-License-Identifier: MIT
//
// `api-gateway status` for people.
#include <cstdint>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "cli/control.h"

namespace gateway::cli {
namespace {

using Json = nlohmann::json;

/// "3d 4h", "9m 30s"
std::string duration_text(std::uint64_t seconds) {
  struct Unit {
    std::uint64_t seconds;
    char letter;
  };
  constexpr Unit kUnits[]{{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
  std::string text;
  for (const Unit& unit : kUnits) {
    const std::uint64_t count = seconds / unit.seconds;
    seconds %= unit.seconds;
    if (count == 0 && (text.empty() ? unit.seconds > 1 : true)) {
      if (!text.empty()) break;
      continue;
    }
    const bool is_second = !text.empty();
    text += (is_second ? " " : "") + std::to_string(count) + unit.letter;
    if (is_second) break;
  }
  return text;
}

/// "1 request", "2 requests"
std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::uint64_t sum_of(const Json& workers, const char* key) {
  std::uint64_t sum = 0;
  for (const Json& worker : workers) sum += worker.value(key, std::uint64_t{0});
  return sum;
}

void print_generation(const Json& generation, std::ostream& out) {
  const Json workers = generation.value("workers", Json::array());
  out << "  generation " << generation.value("number", 0) << "  " << std::left << std::setw(9)
      << generation.value("state", "") << counted(workers.size(), "worker") << ", "
      << counted(sum_of(workers, "connections"), "connection") << ", "
      << counted(sum_of(workers, "exchanges"), "request") << " in progress";
  const Json cut = generation.value("cut_in_seconds", Json());
  if (cut.is_number()) out << ", cut in " << duration_text(cut.get<std::uint64_t>());
  if (generation.value("tunnels_ended", false)) out << ", tunnels ended";
  out << '\n';
}

void print_reload(const Json& reload, std::ostream& out) {
  if (!reload.is_object()) return;
  out << "  last reload   " << (reload.value("ok", false) ? "ok at " : "refused at ")
      << reload.value("at", "") << '\n';
  if (reload.contains("error") && reload["error"].is_string()) {
    out << "    " << reload["error"].get<std::string>() << '\n';
  }
}

}  // namespace

bool print_status(std::string_view json, std::ostream& out) try {
  const Json status = Json::parse(json);
  out << "api-gateway " << status.value("version", "") << ", pid " << status.value("pid", 0) << ", "
      << status.value("state", "") << ", up "
      << duration_text(status.value("uptime_seconds", std::uint64_t{0})) << ": "
      << status.value("summary", "") << '\n';
  out << "  listening    ";
  for (const Json& listener : status.at("listeners")) out << ' ' << listener.get<std::string>();
  out << '\n';
  const Json admin = status.value("admin", Json());
  if (admin.is_string()) out << "  admin         " << admin.get<std::string>() << '\n';
  const Json file = status.value("config_file", Json());
  if (file.is_string()) out << "  configuration " << file.get<std::string>() << '\n';
  for (const Json& generation : status.at("generations")) print_generation(generation, out);
  if (status.value("worker_crashes", 0) > 0) {
    out << "  crashes       " << counted(status.value("worker_crashes", std::uint64_t{0}), "worker")
        << " ended unexpectedly, the error log says when\n";
  }
  print_reload(status.value("last_reload", Json()), out);
  const Json successor = status.value("successor", Json());
  if (successor.is_number()) out << "  upgrade       new master pid " << successor << '\n';
  return true;
} catch (const Json::exception&) {
  return false;
}

}  // namespace gateway::cli
