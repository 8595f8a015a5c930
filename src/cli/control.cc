// SPDX-License-Identifier: MIT
#include "cli/control.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/control_client.h"
#include "process/pid_file.h"
#include "process/signals.h"
#include "util/clock.h"
#include "util/text.h"

namespace gateway::cli {
namespace {

using Json = nlohmann::json;

// For the first line only: a master that takes longer to say that it is there hangs.
constexpr std::uint64_t kPatienceUs = 30'000'000;

/// Tells an operator what a master answers.
class Teller {
 public:
  explicit Teller(bool as_json) : as_json_(as_json) {}

  /// Returns the exit status.
  int tell_all(ControlClient& client) {
    std::optional<int> status;
    while (const auto line = client.next_line()) {  // to the very end, maybe that of the master
      if (const auto result = print(*line)) status = result;
    }
    if (!status) complain("the gateway ended before it told the outcome");
    return status.value_or(EXIT_FAILURE);
  }

 private:
  /// The exit status, when the line is the result.
  std::optional<int> print(const std::string& line) {
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) return std::nullopt;
    const std::string kind = object.value("kind", "");
    if (kind == "accepted") return std::nullopt;
    const bool is_ok = object.value("ok", true);
    if (as_json_) {
      std::cout << (object.contains("status") ? object["status"].dump() : line) << std::endl;
    } else if (object.contains("status")) {
      print_status(object["status"].dump(), std::cout);
    } else {
      tell(kind, object.value("text", ""), is_ok);
    }
    if (kind != "result") return std::nullopt;
    return is_ok ? EXIT_SUCCESS : EXIT_FAILURE;
  }

  static void tell(const std::string& kind, const std::string& text, bool is_ok) {
    if (kind == "warning") {
      complain("warning: " + text);
    } else if (kind == "error" || !is_ok) {
      complain(text);
    } else if (kind == "fixed") {
      std::cout << "not changed: " << text << std::endl;
    } else if (!text.empty()) {
      std::cout << text << std::endl;
    }
  }

  bool as_json_;
};

/// The signal that says the same; 0: there is none.
int signal_of(Command command) {
  for (const SignalMeaning& row : kSignals) {
    if (row.command == word_of(command)) return row.number;
  }
  return 0;
}

int send_signal(const std::string& pid_file, const std::string& socket, Command command) {
  const auto master = find_master(pid_file);
  if (!master) {
    complain(master.error().message);
    return EXIT_FAILURE;
  }
  const int signal = signal_of(command);
  if (signal == 0) {
    complain("the gateway with pid " + std::to_string(*master) + " has no control socket " +
             socket + ": its error log says why");
    return EXIT_FAILURE;
  }
  if (kill(*master, signal) != 0) {
    const int error = errno;
    complain("cannot signal the gateway with pid " + std::to_string(*master) + ": " +
             errno_text(error) + (error == EPERM ? "; be root or the user who started it" : ""));
    return EXIT_FAILURE;
  }
  complain("there is no control socket " + socket + ": a signal was sent, the outcome is in the " +
           "error log of the gateway");
  return EXIT_SUCCESS;
}

}  // namespace

int run_control(const RuntimeOptions& runtime, Command command, bool as_json) {
  const std::string pid_file = pid_file_path(runtime);
  const std::string path = control_socket_path(pid_file);
  ControlClient client;
  switch (client.ask(path, command, monotonic_us() + kPatienceUs)) {
    case ControlClient::Outcome::Answers: break;
    case ControlClient::Outcome::NoSocket: return send_signal(pid_file, path, command);
    case ControlClient::Outcome::NoPermission:
      complain("no permission for the control socket " + path +
               ": be root or the user who started the gateway");
      return EXIT_FAILURE;
    case ControlClient::Outcome::Silent:
      complain("the gateway does not answer: is it stopped, or overloaded?");
      return EXIT_FAILURE;
    case ControlClient::Outcome::Ended:
      complain("the gateway ended the conversation before it answered");
      return EXIT_FAILURE;
  }
  client.wait_until(kForEver);  // it is there: it takes the time it takes
  return Teller(as_json).tell_all(client);
}

}  // namespace gateway::cli
