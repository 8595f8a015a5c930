// SPDX-License-Identifier: MIT
#include "cli/control.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "process/pid_file.h"
#include "process/signals.h"
#include "util/address.h"
#include "util/text.h"
#include "util/unique_fd.h"

namespace gateway::cli {
namespace {

using Json = nlohmann::json;

// For the first line only: a master that takes longer to say that it is there hangs.
constexpr timeval kPatience{30, 0};
constexpr std::size_t kLongestLine = 1 << 20;

std::string_view word_of(Command command) {
  return std::find_if(kCommands.begin(), kCommands.end(),
                      [&](const auto& row) { return row.command == command; })
      ->word;
}

/// Lines that come in by a socket.
class LineReader {
 public:
  explicit LineReader(int socket) : socket_(socket) {}

  /// nullopt: there is no more, or (errno EAGAIN) not in time.
  std::optional<std::string> next() {
    for (;;) {
      if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      std::array<char, 4096> piece{};
      const ssize_t length = recv(socket_, piece.data(), piece.size(), 0);
      if (length == 0) errno = 0;
      if (length <= 0 || buffer_.size() > kLongestLine) return std::nullopt;
      buffer_.append(piece.data(), static_cast<std::size_t>(length));
    }
  }

 private:
  int socket_;
  std::string buffer_;
};

class Conversation {
 public:
  Conversation(int socket, bool as_json) : socket_(socket), lines_(socket), as_json_(as_json) {}

  int run(Command command) {
    const std::string request = std::string(word_of(command)) + "\n";
    set_patience(kPatience);
    if (send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0 || !lines_.next()) {
      complain(errno == EAGAIN ? "the gateway does not answer: is it stopped, or overloaded?"
                               : "the gateway ended the conversation before it answered");
      return EXIT_FAILURE;
    }
    set_patience({0, 0});  // it is there: from here on it takes the time it takes
    std::optional<int> status;
    while (const auto line = lines_.next()) {  // to the very end, which may be that of the master
      if (const auto result = print(*line)) status = result;
    }
    if (!status) complain("the gateway ended before it told the outcome");
    return status.value_or(EXIT_FAILURE);
  }

 private:
  void set_patience(const timeval& patience) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  /// The exit status, when the line is the result.
  std::optional<int> print(const std::string& line) {
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) return std::nullopt;
    const std::string kind = object.value("kind", "");
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

  int socket_;
  LineReader lines_;
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
  const auto address = Address::from_unix_path(path);
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!address || connect(fd.get(), address->data(), address->size()) != 0) {
    if (address && errno == EACCES) {
      complain("no permission for the control socket " + path +
               ": be root or the user who started the gateway");
      return EXIT_FAILURE;
    }
    return send_signal(pid_file, path, command);
  }
  return Conversation(fd.get(), as_json).run(command);
}

}  // namespace gateway::cli
