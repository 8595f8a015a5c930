// SPDX-License-Identifier: MIT
#include "process/master.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/log.h"
#include "observe/scoreboard.h"
#include "process/pid_file.h"
#include "process/resources.h"
#include "process/signals.h"
#include "process/succession.h"
#include "util/clock.h"
#include "util/text.h"

namespace gateway {
namespace {

constexpr std::uint64_t kFewDescriptors = 4096;

void log_error(const Error& error) {
  for (const std::string_view line : split(error.message, '\n')) log::error("{}", line);
}

class Master {
 public:
  explicit Master(const MasterOptions& options) : options_(options) {}

  int run() {
    if (const Status status = start(); !status) {
      log_error(status.error());
      return EXIT_FAILURE;
    }
    while (!is_stopping_ || !succession_->is_gone()) {
      wait();
      handle_signals();
      look_after();
    }
    log::info("stopped");
    return exit_status_;
  }

 private:
  Status start();
  Status take_signals();
  Status take_pid_file();
  Status start_workers(LoadedConfig loaded);

  void wait();
  void handle_signals();
  void handle(const SignalMeaning& signal);
  void look_after();
  void stop(SignalAction how);
  void reload();
  void reap();

  const MasterOptions& options_;
  UniqueFd signals_;
  PidFile pid_file_;
  std::optional<Succession> succession_;
  bool is_reload_waiting_ = false;
  bool is_stopping_ = false;
  unsigned terms_ = 0;
  int exit_status_ = EXIT_SUCCESS;
};

Status Master::start() {
  auto loaded = options_.load();
  if (!loaded) return std::move(loaded).error();
  if (Status status = take_signals(); !status) return status;
  if (Status status = take_pid_file(); !status) return status;
  return start_workers(*std::move(loaded));
}

Status Master::take_signals() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR2, SIG_IGN);  // means nothing here, and must not kill; workers inherit it
  const sigset_t handled = handled_signals();
  sigprocmask(SIG_BLOCK, &handled, nullptr);
  // Who started us may have had them ignored: with CHLD that would lose the workers' exits.
  for (const SignalMeaning& row : kSignals) signal(row.number, SIG_DFL);
  signals_.reset(signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_.is_open()) return Error{"cannot receive signals: " + errno_text(errno)};
  return ok();
}

Status Master::take_pid_file() {
  auto path = writable_pid_file_path(options_.runtime);
  if (!path) return std::move(path).error();
  if (path->empty()) return ok();
  auto pid_file = PidFile::create(*path);
  if (!pid_file) return std::move(pid_file).error();
  pid_file_ = *std::move(pid_file);
  return ok();
}

Status Master::start_workers(LoadedConfig loaded) {
  auto scoreboard = Scoreboard::map();
  if (!scoreboard) return std::move(scoreboard).error();
  (*scoreboard)->started_at_ms.store(unix_ms(), std::memory_order_relaxed);
  const std::uint64_t descriptors = raise_descriptor_limit();

  succession_.emplace(**scoreboard, [this] {
    signals_.reset();
    pid_file_.disown();
  });
  if (Status status = succession_->begin(std::move(loaded)); !status) return status;
  if (!pid_file_.is_held()) log::info("no runtime directory, no pid file: -s needs --pid-file");
  if (descriptors < kFewDescriptors) {
    log::warn("few descriptors allowed limit={} recommended={}", descriptors, kFewDescriptors);
  }
  return ok();
}

void Master::wait() {
  std::vector<pollfd> polled{{signals_.get(), POLLIN, 0}};
  const std::uint64_t due = succession_->prepare_wait(polled);
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
  if (signal.action != SignalAction::Reap) log::info("signal received signal={}", signal.name);
  if (signal.number == SIGTERM && ++terms_ > 1) return stop(SignalAction::FastStop);
  switch (signal.action) {
    case SignalAction::GracefulStop:
    case SignalAction::FastStop: return stop(signal.action);
    case SignalAction::Reload: is_reload_waiting_ = true; return;
    case SignalAction::Reopen: return succession_->reopen_logs();
    case SignalAction::Reap: return reap();
  }
}

void Master::look_after() {
  for (;;) {
    if (const Status status = succession_->look_after(); !status) {
      log_error(status.error());
      exit_status_ = EXIT_FAILURE;
      stop(SignalAction::FastStop);
    }
    if (!is_reload_waiting_ || is_stopping_ || succession_->is_starting()) return;
    reload();  // and look again: it may have failed already, and then nothing wakes us
  }
}

void Master::stop(SignalAction how) {
  is_stopping_ = true;
  succession_->stop(how);
}

void Master::reload() {
  is_reload_waiting_ = false;
  auto loaded = options_.load();
  const Status status =
      loaded ? succession_->begin(*std::move(loaded)) : Status(std::move(loaded).error());
  if (status) return;
  log_error(status.error());
  log::error("reload failed, the old workers go on");
}

void Master::reap() {
  int status = 0;
  // As the first process of a container the master gets orphans that are none of its workers.
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;) succession_->reap(pid, status);
}

}  // namespace

int run_master(const MasterOptions& options) { return Master(options).run(); }

}  // namespace gateway
