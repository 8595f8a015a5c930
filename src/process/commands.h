// SPDX-License-Identifier: MIT
//
// The words an operator has for the master, on the control socket and (where a signal means the
// same) after -s.
//
// Source  api-gateway(8), SUBCOMMANDS.
#pragma once

#include <array>
#include <string_view>

namespace gateway {

enum class Command { Reload, Reopen, Upgrade, Quit, Stop, ShowStatus };

struct CommandMeaning {
  std::string_view word;
  Command command;
};

inline constexpr std::array kCommands{
    CommandMeaning{"reload", Command::Reload},   CommandMeaning{"reopen", Command::Reopen},
    CommandMeaning{"upgrade", Command::Upgrade}, CommandMeaning{"quit", Command::Quit},
    CommandMeaning{"stop", Command::Stop},       CommandMeaning{"status", Command::ShowStatus},
};

}  // namespace gateway
