// SPDX-License-Identifier: MIT
#include "process/upgrade.h"

#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

#include "observe/log.h"
#include "process/runtime_paths.h"
#include "process/signals.h"
#include "util/text.h"

namespace gateway {

void Upgrade::begin() {
  const Generation::Parts* serving = parts_.succession.parts();
  if (is_running()) return log::warn("an upgrade is under way new_master={}", new_master_);
  if (serving == nullptr) return log::warn("no upgrade before the first generation serves");
  pid_file_path_ = parts_.pid_file.path();
  if (parts_.pid_file.is_held()) move_names(pid_file_path_ + ".oldbin");
  auto started = exec_master(parts_.invocation, serving->listeners, parts_.scoreboard.file());
  if (!started) {
    log::error("upgrade failed: {}", started.error().message);
    return bring_back();
  }
  new_master_ = started->pid;
  line_ = std::move(started->line);
  report_.emplace(line_.copy());
  is_taken_back_ = false;
  log::info("upgrade: new master started pid={} program={}", new_master_, parts_.invocation.path);
}

void Upgrade::move_names(const std::string& pid_file) {
  if (const Status moved = parts_.pid_file.move_to(pid_file); !moved) {
    log::error("{}", moved.error().message);
  }
  if (!parts_.control) return;
  const Status moved = parts_.control->move_to(control_socket_path(pid_file));
  if (!moved) log::error("{}", moved.error().message);
}

void Upgrade::take_back() {
  log::info("upgrade is taken back new_master={}", new_master_);
  is_taken_back_ = true;
  parts_.succession.resume();
}

void Upgrade::add_to(std::vector<pollfd>& polled) const {
  if (report_) polled.push_back({report_->pipe(), POLLIN, 0});
}

void Upgrade::look_after() {
  if (report_) {
    const auto state = report_->read();
    if (state == StartReader::State::Ready) {
      log::info(
          "upgrade: new master is ready pid={}; QUIT to this one ({}) finishes the upgrade, "
          "HUP to it takes it back",
          new_master_, getpid());
      parts_.manager.main_pid(new_master_);
      is_main_ = false;
    } else if (state == StartReader::State::Failed) {
      for (const std::string_view line : split(report_->errors(), '\n')) {
        if (!line.empty()) log::error("upgrade failed: {}", line);
      }
    }
    if (state != StartReader::State::Waiting) report_.reset();
  }
  const Succession& succession = parts_.succession;
  if (is_taken_back_ && is_running() && !succession.is_resting() && !succession.is_starting()) {
    is_taken_back_ = false;
    kill(new_master_, signal_for(SignalAction::GracefulStop));
  }
}

bool Upgrade::reap(pid_t pid, bool is_stopping) {
  if (!is_running() || pid != new_master_) return false;
  look_after();  // what it said last
  report_.reset();
  line_ = {};
  new_master_ = 0;
  if (is_stopping) return true;
  log::warn("the new master has ended, this one goes on new_master={}", pid);
  bring_back();
  return true;
}

void Upgrade::bring_back() {
  if (parts_.pid_file.is_held()) move_names(pid_file_path_);
  if (!std::exchange(is_main_, true)) parts_.manager.main_pid(getpid());
  parts_.succession.resume();
}

}  // namespace gateway
