// SPDX-License-Identifier: MIT
//
// The one table of signals: what each means to master and workers alike, and the word that
// `api-gateway -s` and the log have for it.
//
// HUP, USR2, WINCH and CHLD concern the master only; workers ignore them. WINCH counts for a daemon
// only: a terminal sends it when it is resized. PIPE is ignored by all.
// Source  api-gateway(8), SIGNALS.
#pragma once

#include <array>
#include <csignal>
#include <string_view>

namespace gateway {

enum class SignalAction {
  GracefulStop,  ///< finish what is in flight, then exit
  FastStop,      ///< exit now; what is in flight ends visibly short
  Reload,        ///< a new generation of workers from the configuration as it is now
  Reopen,        ///< open log files anew
  Upgrade,       ///< a new master from the program as it is now, beside this one
  Rest,          ///< the workers drain and nobody follows them; the master stays
  Reap,          ///< a worker has exited
};

struct SignalMeaning {
  int number;
  std::string_view name;
  SignalAction action;
  std::string_view command;  ///< of -s; empty when there is none
};

// TERM is what containers and service managers send; a second one means that it is urgent.
inline constexpr std::array kSignals{
    SignalMeaning{SIGQUIT, "QUIT", SignalAction::GracefulStop, "quit"},
    SignalMeaning{SIGTERM, "TERM", SignalAction::GracefulStop, ""},
    SignalMeaning{SIGINT, "INT", SignalAction::FastStop, "stop"},
    SignalMeaning{SIGHUP, "HUP", SignalAction::Reload, "reload"},
    SignalMeaning{SIGUSR1, "USR1", SignalAction::Reopen, "reopen"},
    SignalMeaning{SIGUSR2, "USR2", SignalAction::Upgrade, ""},
    SignalMeaning{SIGWINCH, "WINCH", SignalAction::Rest, ""},
    SignalMeaning{SIGCHLD, "CHLD", SignalAction::Reap, ""},
};

/// Whether a worker acts on it too.
constexpr bool is_for_workers(SignalAction action) {
  return action == SignalAction::GracefulStop || action == SignalAction::FastStop ||
         action == SignalAction::Reopen;
}

/// What the master sends its workers; of several signals for one action the first of the table.
constexpr int signal_for(SignalAction action) {
  for (const SignalMeaning& row : kSignals) {
    if (row.action == action) return row.number;
  }
  return 0;
}

/// All signals of the table.
inline sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const SignalMeaning& row : kSignals) sigaddset(&set, row.number);
  return set;
}

}  // namespace gateway
