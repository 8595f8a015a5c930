// SPDX-License-Identifier: MIT
//
// Control: an operator's words to the running gateway, by its control socket.
//
// Waits    for the outcome and prints it. Without a socket a signal is sent, if the word has one,
//          and its outcome is in the log of the gateway.
#pragma once

#include <iosfwd>
#include <string_view>

#include "process/commands.h"
#include "process/runtime_paths.h"

namespace gateway::cli {

/// Returns the exit status.
int run_control(const RuntimeOptions& runtime, Command command, bool as_json);

/// For people: what "status" answered (its JSON). False when it is none.
bool print_status(std::string_view json, std::ostream& out);

}  // namespace gateway::cli
