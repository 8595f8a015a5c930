// SPDX-License-Identifier: MIT
//
// The words an operator has for the master, on the control socket and after -s.
//
// Source  api-gateway(8), SUBCOMMANDS.
#pragma once

#include <array>
#include <string_view>

namespace gateway {

enum class Command { Reload, Reopen, Quit, Stop, ShowStatus };

struct CommandMeaning {
  std::string_view word;
  Command command;
};

inline constexpr std::array kCommands{
    CommandMeaning{"reload", Command::Reload},     CommandMeaning{"reopen", Command::Reopen},
    CommandMeaning{"quit", Command::Quit},         CommandMeaning{"stop", Command::Stop},
    CommandMeaning{"status", Command::ShowStatus},
};

}  // namespace gateway
