// SPDX-License-Identifier: MIT
//
// ControlClient: asks the master of a running gateway, by its control socket.
//
// Asks again  once, when the conversation ends without a byte of an answer. A master says that it
// is
//             there before it does anything (process/control_reply.h): nothing was done then, and
//             the socket is maybe that of the master that an upgrade put in its place. So this is
//             safe for every command. One that was answered, if only in part, is never repeated.
// Units       points in time are monotonic microseconds (util/clock.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/patience.h"
#include "process/commands.h"
#include "util/unique_fd.h"

namespace gateway::cli {

/// The word of the command.
std::string_view word_of(Command command);

class ControlClient {
 public:
  enum class Outcome {
    Answers,       ///< next_line() has the answer
    NoSocket,      ///< nobody listens there
    NoPermission,  ///< for the socket
    Silent,        ///< not in time
    Ended,         ///< without an answer, and nobody took its place
  };

  /// Asks who has the socket at `path`, and waits for the beginning of the answer.
  Outcome ask(const std::string& path, Command command, std::uint64_t until_us);

  /// From now on; kForEver: it takes the time it takes.
  void wait_until(std::uint64_t until_us) { until_us_ = until_us; }
  /// nullopt: there is no more, or not in time.
  std::optional<std::string> next_line();

 private:
  Outcome ask_once(const std::string& path, Command command);
  Outcome receive();

  UniqueFd socket_;
  std::string buffer_;
  std::uint64_t until_us_ = kForEver;
};

}  // namespace gateway::cli
