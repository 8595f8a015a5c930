// SPDX-License-Identifier: MIT
//
// What the master does before it waits for the first time.
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "observe/log.h"
#include "process/background.h"
#include "process/inherited_sockets.h"
#include "process/master_process.h"
#include "process/privileges.h"
#include "process/resources.h"
#include "process/runtime_paths.h"
#include "process/title.h"
#include "util/clock.h"
#include "util/text.h"

namespace gateway {
namespace {

constexpr std::uint64_t kFewDescriptors = 4096;

bool is_standard_stream(const std::string& output) {
  return output == "stdout" || output == "stderr";
}

}  // namespace

Result<LoadedConfig> Master::load() const {
  auto loaded = options_.load();
  if (loaded && loaded->config.admin && !loaded->config.admin->unix_path.empty()) {
    std::string& path = loaded->config.admin->unix_path;
    path = in_runtime_directory(options_.runtime, path);
  }
  return loaded;
}

Status Master::go_into_background() {
  old_master_ = take_old_master();
  if (old_master_) {
    start_report_ = StartReport(old_master_->line.copy());
  } else if (options_.is_daemon) {
    auto report = gateway::go_into_background();
    if (!report) return std::move(report).error();
    start_report_ = *std::move(report);
  }
  return ok();
}

Status Master::start() {
  set_title("master");
  auto loaded = load();
  if (!loaded) return std::move(loaded).error();
  const LogConfig& logs = loaded->config.logs;
  if (options_.is_daemon && (is_standard_stream(logs.access) || is_standard_stream(logs.error))) {
    start_report_.warn(
        "a daemon has no standard output: a log that goes there is lost; set logs.access.output "
        "and logs.error.output to files, or to off");
  }
  if (Status status = take_signals(); !status) return status;
  if (Status status = take_pid_file(); !status) return status;
  return start_workers(*std::move(loaded));
}

Status Master::take_signals() {
  signal(SIGPIPE, SIG_IGN);
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

// Without it the gateway still serves, and still obeys signals.
void Master::open_control() {
  if (!pid_file_.is_held()) return;
  auto control = ControlServer::listen(control_socket_path(pid_file_.path()));
  if (control) {
    control_ = *std::move(control);
  } else {
    log::warn("no control socket, the gateway obeys signals only: {}", control.error().message);
  }
}

// That of the old master, so that the counts go on, unless the old program counted in another way.
Status Master::take_scoreboard() {
  if (old_master_) {
    auto inherited = SharedScoreboard::adopt(std::move(old_master_->scoreboard));
    if (inherited) {
      scoreboard_.emplace(*std::move(inherited));
      return ok();
    }
    log::warn("counters start again: {}", inherited.error().message);
  }
  auto fresh = SharedScoreboard::create();
  if (!fresh) return std::move(fresh).error();
  scoreboard_.emplace(*std::move(fresh));
  return ok();
}

Status Master::start_workers(LoadedConfig loaded) {
  auto inherited = take_inherited_sockets();
  if (!inherited) return std::move(inherited).error();
  if (Status status = take_scoreboard(); !status) return status;
  const std::uint64_t descriptors = raise_descriptor_limit();
  if (Status status = keep_needed_capabilities(); !status) return status;

  make_helpers();
  succession_->inherit(*std::move(inherited), /*own_files=*/old_master_.has_value());
  if (Status status = succession_->begin(std::move(loaded)); !status) return status;
  open_control();
  if (!pid_file_.is_held()) {
    log::info("no runtime directory, no pid file: subcommands need --pid-file");
  }
  if (descriptors < kFewDescriptors) {
    log::warn("few descriptors allowed limit={} recommended={}", descriptors, kFewDescriptors);
  }
  return ok();
}

void Master::make_helpers() {
  succession_.emplace(*scoreboard_, [this] { leave(); });
  const auto answer_client = [this](ClientId client, std::string_view lines, bool is_last) {
    answer(client, lines, is_last);
  };
  reloader_.emplace(load_, *succession_, manager_, answer_client);
  reopening_.emplace(*succession_, answer_client);
  upgrade_.emplace(Upgrade::Parts{options_.invocation, *succession_, *scoreboard_, manager_,
                                  pid_file_, control_, answer_client,
                                  [this] { stop(SignalAction::GracefulStop); }});
}

// In a new worker: what only the master may have.
void Master::leave() {
  scoreboard_->close_file();
  start_report_.disown();
  signals_.reset();
  pid_file_.disown();
  manager_.disown();
  if (control_) control_->disown();
  upgrade_->disown();
  old_master_.reset();
}

}  // namespace gateway
