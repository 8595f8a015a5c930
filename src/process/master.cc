// SPDX-License-Identifier: MIT
#include "process/master.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/log.h"
#include "process/control_reply.h"
#include "process/master_process.h"
#include "process/status_report.h"
#include "util/clock.h"
#include "util/text.h"

namespace gateway {
namespace {

constexpr pid_t kFirstProcess = 1;

void log_error(const Error& error) {
  for (const std::string_view line : split(error.message, '\n')) log::error("{}", line);
}

}  // namespace

int Master::run() {
  Status status = go_into_background();
  if (status) status = start();
  if (!status) {
    log_error(status.error());
    start_report_.fail(status.error());
    return EXIT_FAILURE;
  }
  while (!is_stopping_ || !succession_->is_gone()) {
    wait();
    handle_signals();
    look_after();
  }
  tell_end();
  log::info("stopped");
  return exit_status_;
}

void Master::wait() {
  std::vector<pollfd> polled{{signals_.get(), POLLIN, 0}};
  std::uint64_t due = std::min(succession_->prepare_wait(polled), manager_.next_due());
  due = std::min({due, reopening_->next_due(), upgrade_->next_due()});
  upgrade_->add_to(polled);
  if (control_) {
    control_->add_to(polled);
    due = std::min(due, control_->next_due());
  }
  const std::uint64_t now = monotonic_us();
  const std::uint64_t left = due > now ? due - now : 0;
  const timespec timeout{static_cast<time_t>(left / 1'000'000),
                         static_cast<long>(left % 1'000'000 * 1000)};
  ppoll(polled.data(), polled.size(), due == Generation::kNever ? nullptr : &timeout, nullptr);
}

void Master::handle_signals() {
  signalfd_siginfo received{};
  while (read(signals_.get(), &received, sizeof(received)) == sizeof(received)) {
    const auto* row = std::find_if(kSignals.begin(), kSignals.end(), [&](const auto& candidate) {
      return candidate.number == static_cast<int>(received.ssi_signo);
    });
    if (row != kSignals.end()) handle(*row);
  }
}

void Master::handle(const SignalMeaning& signal) {
  if (signal.action != SignalAction::Reap && signal.action != SignalAction::Rest) {
    log::info("signal received signal={}", signal.name);
  }
  if (signal.number == SIGTERM && ++terms_ > 1) return stop(SignalAction::FastStop);
  switch (signal.action) {
    case SignalAction::GracefulStop:
    case SignalAction::FastStop: return stop(signal.action);
    case SignalAction::Reload: return reload();
    case SignalAction::Reopen: return reopen(std::nullopt);
    case SignalAction::Upgrade: return upgrade(std::nullopt);
    case SignalAction::Rest: return rest();
    case SignalAction::Reap: return reap();
  }
}

void Master::handle(ClientId client, std::string_view request) {
  const auto* row = std::find_if(kCommands.begin(), kCommands.end(),
                                 [&](const auto& each) { return each.word == request; });
  if (row == kCommands.end()) {
    const std::string text = "unknown request " + quoted(request);
    return answer(client, result_line(/*is_ok=*/false, text), /*is_last=*/true);
  }
  if (row->command != Command::ShowStatus) log::info("told to {}", row->word);
  answer(client, accepted_line(), /*is_last=*/false);
  obey(client, row->command);
}

void Master::obey(ClientId client, Command command) {
  switch (command) {
    case Command::Reload:
      reloader_->request(client);
      if (is_stopping_) reloader_->refuse("the gateway is stopping");
      if (upgrade_->is_running()) {
        reloader_->refuse(
            "an upgrade is under way, and this is the old master: reload the new one");
      }
      return;
    case Command::Reopen: return reopen(client);
    case Command::Upgrade: return upgrade(client);
    case Command::Quit:
    case Command::Stop:
      wait_for_end_.push_back(client);
      return stop(command == Command::Quit ? SignalAction::GracefulStop : SignalAction::FastStop);
    case Command::ShowStatus:
      return answer(client, result_line(/*is_ok=*/true, "", "\"status\":" + status()),
                    /*is_last=*/true);
  }
}

void Master::answer(ClientId client, std::string_view lines, bool is_last) {
  if (control_) control_->answer(client, lines, is_last);
}

void Master::reload() {
  if (upgrade_->is_running() && is_stopping_) {
    return log::warn("the upgrade cannot be taken back any more, this master is stopping");
  }
  if (upgrade_->is_running()) return upgrade_->take_back();
  reloader_->request(std::nullopt);
}

// Of three masters two would want the same names.
void Master::upgrade(std::optional<ClientId> client) {
  if (is_stopping_) return upgrade_->refuse(client, "the gateway is stopping");
  if (old_master_ && old_master_->is_alive()) {
    log::warn("no upgrade while the old master of the last one lives old_master={}",
              old_master_->pid);
    return upgrade_->refuse(client, "the old master of the last upgrade (" +
                                        std::to_string(old_master_->pid) +
                                        ") has not ended yet: it finishes what it has in progress");
  }
  // Both would want the listeners that come with the reload, and the number of its generation.
  if (reloader_->is_running()) {
    log::warn("no upgrade while a reload is under way");
    return upgrade_->refuse(client, "a reload is under way: try again when it has ended");
  }
  if (client && getpid() == kFirstProcess) {
    return upgrade_->refuse(client,
                            "the gateway is the first process of a container, which ends with it: "
                            "replace the container instead");
  }
  upgrade_->begin(client);
}

void Master::reopen(std::optional<ClientId> client) {
  reopening_->begin(client);
  // Who rotates logs knows of one pid file only.
  if (old_master_ && old_master_->is_alive()) {
    kill(old_master_->pid, signal_for(SignalAction::Reopen));
  }
}

// A terminal sends this to whoever runs in it, each time its size changes.
void Master::rest() {
  if (!options_.is_daemon || is_stopping_) return;
  log::info("signal received signal=WINCH");
  succession_->rest();
}

void Master::look_after() {
  if (control_) {
    control_->look_after(
        [this](ClientId client, std::string_view request) { handle(client, request); });
  }
  do {  // a reload that fails at once leaves nothing that would wake us for the next one
    if (const Status status = succession_->look_after(); !status) {
      log_error(status.error());
      start_report_.fail(status.error());
      exit_status_ = EXIT_FAILURE;
      stop(SignalAction::FastStop);
    }
  } while (!is_stopping_ && reloader_->look_after());
  reopening_->look_after();
  upgrade_->look_after();
  manager_.look_after();
  announce_first();
}

void Master::announce_first() {
  if (is_announced_ || is_stopping_ || succession_->parts() == nullptr) return;
  is_announced_ = true;
  manager_.ready(summary(*succession_));
  start_report_.ready();
}

// Whether connections that come from now on are somebody else's to accept.
bool Master::leave_to_others() const {
  const MasterLine none;
  bool others_serve = false;
  for (const MasterLine* line : {&upgrade_->line(), old_master_ ? &old_master_->line : &none}) {
    line->leave();
    others_serve |= line->other_serves();
  }
  return others_serve;
}

void Master::stop(SignalAction how) {
  const bool others_serve = leave_to_others();
  if (!std::exchange(is_stopping_, true)) {
    reloader_->refuse("the gateway is stopping");
    const auto* parts = succession_->parts();
    const Milliseconds patience =
        parts != nullptr ? parts->config.shutdown_drain_timeout : Milliseconds(0);
    if (!others_serve) manager_.stopping(patience);
  }
  if (others_serve) succession_->disown_files();
  succession_->stop(how, others_serve);
}

// At the very end: who was told so may start the next gateway in the same place.
void Master::tell_end() {
  if (control_) control_->retire();
  pid_file_.remove();
  upgrade_->tell_end();
  for (const ClientId client : wait_for_end_) {
    answer(client, result_line(/*is_ok=*/true, "stopped"), /*is_last=*/true);
  }
}

void Master::reap() {
  int status = 0;
  // As the first process of a container the master gets orphans that are none of its workers.
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (!upgrade_->reap(pid, is_stopping_)) succession_->reap(pid, status);
  }
}

std::string Master::status() const {
  const char* state = is_stopping_              ? "stopping"
                      : upgrade_->is_running()  ? "upgrading"
                      : reloader_->is_running() ? "reloading"
                                                : "running";
  return status_json({**scoreboard_, *succession_, state, options_.config_file, pid_file_.path(),
                      upgrade_->new_master()});
}

int run_master(const MasterOptions& options) { return Master(options).run(); }

}  // namespace gateway
