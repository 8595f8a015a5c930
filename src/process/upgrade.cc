// SPDX-License-Identifier: MIT
#include "process/upgrade.h"

#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

#include "observe/log.h"
#include "process/control_reply.h"
#include "process/runtime_paths.h"
#include "process/signals.h"
#include "process/slots.h"
#include "util/clock.h"
#include "util/text.h"

namespace gateway {
namespace {

// More than a gateway takes that tells why it cannot start (Succession gives its workers 30 s): a
// program that is none may go on for ever.
constexpr std::uint64_t kStartPatienceUs = 60'000'000;
// From the order to drain until a worker obeys: it does so between two events.
constexpr std::uint64_t kSettlePatienceUs = 10'000'000;

}  // namespace

void Upgrade::begin(std::optional<ClientId> client) {
  const Generation::Parts* serving = parts_.succession.parts();
  if (is_running()) {
    log::warn("an upgrade is under way new_master={}", new_master_);
    return refuse(client, "an upgrade is under way, and this is the old master");
  }
  if (serving == nullptr) {
    log::warn("no upgrade before the first generation serves");
    return refuse(client, "the gateway does not serve yet");
  }
  client_ = client;
  until_us_ = monotonic_us() + kStartPatienceUs;
  errors_.clear();
  pid_file_path_ = parts_.pid_file.path();
  if (parts_.pid_file.is_held()) move_names(pid_file_path_ + ".oldbin");
  auto started = exec_master(parts_.invocation, serving->listeners, parts_.scoreboard.file());
  if (!started) {
    log::error("upgrade failed: {}", started.error().message);
    errors_ = started.error().message;
    return bring_back();
  }
  new_master_ = started->pid;
  line_ = std::move(started->line);
  report_.emplace(line_.copy());
  is_taken_back_ = false;
  log::info("upgrade: new master started pid={} program={}", new_master_, parts_.invocation.path);
}

void Upgrade::refuse(std::optional<ClientId> client, std::string_view reason) {
  if (!client) return;
  parts_.answer(*client, text_line("error", reason) + result_line(/*is_ok=*/false, "not upgraded"),
                /*is_last=*/true);
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
    if (state == StartReader::State::Ready) on_ready();
    if (state == StartReader::State::Failed) on_failure();
    if (state != StartReader::State::Waiting) report_.reset();
  }
  const Succession& succession = parts_.succession;
  if (is_taken_back_ && is_running() && !succession.is_resting() && !succession.is_starting()) {
    is_taken_back_ = false;
    kill(new_master_, signal_for(SignalAction::GracefulStop));
  }
  if (is_finishing_ && !succession.may_still_accept()) tell_end();
  if (monotonic_us() >= next_due()) on_time();
}

void Upgrade::on_ready() {
  log::info(
      "upgrade: new master is ready pid={}; QUIT to this one ({}) finishes the upgrade, "
      "HUP to it takes it back",
      new_master_, getpid());
  parts_.manager.main_pid(new_master_);
  is_main_ = false;
  if (!client_ || is_taken_back_) return;
  log::info("upgrade: this master finishes");
  is_finishing_ = true;
  until_us_ = monotonic_us() + kSettlePatienceUs;
  parts_.finish();
}

void Upgrade::on_failure() {
  errors_ = report_->errors();
  for (const std::string_view line : split(errors_, '\n')) {
    if (!line.empty()) log::error("upgrade failed: {}", line);
  }
}

void Upgrade::on_time() {
  if (is_finishing_) {
    log::warn("some old workers do not answer, they may still accept connections");
    return tell_end();
  }
  until_us_ = UINT64_MAX;  // its end is all there is to wait for
  errors_ = "the new program did not get ready in time, it was ended";
  log::error("upgrade failed: {} new_master={}", errors_, new_master_);
  kill(new_master_, SIGKILL);
}

void Upgrade::tell_end() {
  if (!is_finishing_) return;
  is_finishing_ = false;
  tell(/*is_ok=*/true, "upgraded: the new master with pid " + std::to_string(new_master_) +
                           " serves, the old one (" + std::to_string(getpid()) +
                           ") finishes what it has in progress");
}

void Upgrade::tell(bool is_ok, std::string_view text) {
  if (!client_) return;
  const std::string why = is_ok || errors_.empty() ? std::string() : text_line("error", errors_);
  parts_.answer(*std::exchange(client_, std::nullopt), why + result_line(is_ok, text),
                /*is_last=*/true);
}

bool Upgrade::reap(pid_t pid, bool is_stopping) {
  if (!is_running() || pid != new_master_) return false;
  if (report_ && report_->read() == StartReader::State::Failed) on_failure();  // its last words
  report_.reset();
  line_ = {};
  new_master_ = 0;
  if (errors_.empty()) errors_ = "the new master has ended";
  if (is_stopping) {
    is_finishing_ = false;
    tell(/*is_ok=*/false, "nobody serves any more");
    return true;
  }
  log::warn("the new master has ended, this one goes on new_master={}", pid);
  release_orphans(*parts_.scoreboard);  // what it had claimed and given to no worker yet
  bring_back();
  return true;
}

void Upgrade::bring_back() {
  if (parts_.pid_file.is_held()) move_names(pid_file_path_);
  if (!std::exchange(is_main_, true)) parts_.manager.main_pid(getpid());
  parts_.succession.resume();
  tell(/*is_ok=*/false, "not upgraded: the running program goes on");
}

}  // namespace gateway
