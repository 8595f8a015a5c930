// SPDX-License-Identifier: MIT
#include "cli/running_gateway.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "cli/control_client.h"
#include "process/pid_file.h"
#include "util/text.h"

namespace gateway::cli {
namespace {

using Json = nlohmann::json;

std::string why_not(ControlClient::Outcome outcome, const std::string& pid_file,
                    const std::string& socket) {
  switch (outcome) {
    case ControlClient::Outcome::Answers: break;
    case ControlClient::Outcome::NoSocket: {
      const auto master = find_master(pid_file);
      return master ? "the gateway with pid " + std::to_string(*master) +
                          " has no control socket " + socket
                    : master.error().message;
    }
    case ControlClient::Outcome::NoPermission:
      return "no permission for the control socket " + socket;
    case ControlClient::Outcome::Silent: return "its master does not answer";
    case ControlClient::Outcome::Ended: return "its master has ended";
  }
  return "its answer is no status";
}

/// The object that it answers; discarded when there is none.
Json status_of(ControlClient& client) {
  while (const auto line = client.next_line()) {
    Json object = Json::parse(*line, nullptr, /*allow_exceptions=*/false);
    if (object.is_object() && object.contains("status")) return std::move(object["status"]);
  }
  return Json(Json::value_t::discarded);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace

Result<Address> running_address(const RuntimeOptions& runtime, const std::string& config,
                                std::uint64_t until_us) {
  const std::string pid_file = pid_file_path(runtime);
  const std::string socket = control_socket_path(pid_file);
  ControlClient client;
  const auto outcome = client.ask(socket, Command::ShowStatus, until_us);
  if (outcome != ControlClient::Outcome::Answers) return Error{why_not(outcome, pid_file, socket)};
  const Json status = status_of(client);
  if (!status.is_object() || !status.contains("listeners")) {
    return Error{why_not(outcome, pid_file, socket)};
  }
  const std::string own = status.contains("config_file") ? text_of(status["config_file"]) : "";
  if (!config.empty() && own != config) {
    return Error{"the gateway at " + socket + " was started with " +
                 (own.empty() ? "no file" : gateway::quoted(own))};
  }
  const Json& listeners = status["listeners"];
  if (!listeners.is_array() || listeners.empty()) return Error{"it does not serve"};
  return Address::parse(text_of(listeners[0]));
}

}  // namespace gateway::cli
