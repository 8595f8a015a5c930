// SPDX-License-Identifier: MIT
#include "process/generation.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "config/validate.h"
#include "observe/log.h"
#include "process/resources.h"
#include "process/signals.h"
#include "process/slots.h"
#include "process/worker.h"
#include "util/clock.h"
#include "util/text.h"

namespace gateway {
namespace {

// A reload needs room for two generations.
static_assert(2 * kMaxWorkers <= Scoreboard::kWorkers);
static_assert(kMaxInstances <= Scoreboard::kInstances);

// Between INT and KILL.
constexpr Milliseconds kInterruptPatience{1000};

std::uint64_t due_in(Milliseconds duration) {
  if (duration == kOff) return Generation::kNever;
  return monotonic_us() + static_cast<std::uint64_t>(duration.count()) * 1000;
}

std::string signal_name(int wait_status) {
  if (!WIFSIGNALED(wait_status)) return "none";
  const char* name = sigabbrev_np(WTERMSIG(wait_status));
  return name != nullptr ? name : std::to_string(WTERMSIG(wait_status));
}

}  // namespace

Generation::Generation(Parts parts, const ForkContext& context)
    : parts_(std::move(parts)), context_(context) {
  const unsigned asked = parts_.config.workers;
  workers_.resize(asked != 0 ? asked : std::min(usable_cores(), kMaxWorkers));
}

Generation::Progress Generation::progress() const {
  Progress progress;
  for (const Worker& worker : workers_) {
    if (worker.pid == 0) progress.lost++;
    if (worker.is_ready) progress.ready++;
    if (worker.pid != 0 && !worker.is_ready) progress.pending++;
  }
  return progress;
}

bool Generation::is_gone() const {
  return std::all_of(workers_.begin(), workers_.end(), [](const auto& w) { return w.pid == 0; });
}

void Generation::start() {
  context_.scoreboard.restart_instances(parts_.number);
  for (Worker& worker : workers_) spawn(worker);
}

void Generation::serve() { stage_ = Stage::Serving; }

void Generation::drain(Milliseconds patience) {
  if (stage_ > Stage::Draining) return;
  stage_ends_us_ = std::min(stage_ends_us_, due_in(patience));
  if (std::exchange(stage_, Stage::Draining) == Stage::Draining) return;
  parts_.listeners.clear();
  send(signal_for(SignalAction::GracefulStop));
}

void Generation::interrupt() {
  if (stage_ > Stage::Draining) return;
  stage_ = Stage::Interrupted;
  stage_ends_us_ = due_in(kInterruptPatience);
  parts_.listeners.clear();
  send(signal_for(SignalAction::FastStop));
}

void Generation::reopen_logs() {
  for (LogOutput* output : {&parts_.logs->access, &parts_.logs->error}) {
    if (const Status status = output->reopen(); !status) log::error("{}", status.error().message);
  }
  send(signal_for(SignalAction::Reopen));
}

void Generation::end_tunnels(std::size_t limit) {
  if (stage_ != Stage::Draining || std::exchange(tunnels_ended_, true)) return;
  log::warn("too many generations drain, the oldest ends its tunnels generation={} limit={}",
            parts_.number, limit);
  send(signal_for(SignalAction::GracefulStop));  // a second time: see Worker::drain
}

void Generation::send(int signal) const {
  for (const Worker& worker : workers_) {
    if (worker.pid != 0) kill(worker.pid, signal);
  }
}

void Generation::spawn(Worker& worker) {
  const auto slot = claim_slot(context_.scoreboard, parts_.number);
  if (!slot) return postpone(worker, "too many workers are still draining");
  std::array<int, 2> ends{-1, -1};
  const pid_t master = getpid();
  const pid_t pid = pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0 ? fork() : -1;
  const int error = errno;
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  if (pid == 0) {
    read_end.reset();
    become_worker(*slot, std::move(write_end), master);
  }
  if (pid < 0) {
    release_slot(context_.scoreboard.workers[*slot]);
    return postpone(worker, errno_text(error));
  }
  worker.pid = pid;
  worker.slot = *slot;
  worker.started_us = monotonic_us();
  worker.is_ready = false;
  worker.ready = std::move(read_end);
  log::info("worker started pid={} slot={} generation={}", pid, *slot, parts_.number);
}

void Generation::become_worker(std::size_t slot, UniqueFd ready, pid_t master) {
  context_.leave_master(*this);
  // exit() and not a return: what is on the stack is the master's to destroy.
  std::exit(run_worker({master, parts_.number, slot, parts_.config, parts_.listeners,
                        parts_.account, *parts_.logs, context_.scoreboard, std::move(ready)}));
}

void Generation::postpone(Worker& worker, std::string_view reason) {
  const Milliseconds wait = worker.backoff.after(Milliseconds(0));
  worker.restart_us = due_in(wait);
  log::error("worker not started: {} generation={} retry_in_ms={}", reason, parts_.number,
             wait.count());
}

void Generation::reap(pid_t pid, int wait_status) {
  const auto worker = std::find_if(workers_.begin(), workers_.end(),
                                   [pid](const Worker& w) { return w.pid == pid; });
  if (worker == workers_.end()) return;
  collect_ready();  // it may have said so and died before anybody looked
  release_slot(context_.scoreboard.workers[worker->slot]);
  worker->pid = 0;
  worker->ready.reset();
  std::optional<Milliseconds> respawn_in;
  if (stage_ <= Stage::Serving) {
    const std::uint64_t lived_ms = (monotonic_us() - worker->started_us) / 1000;
    respawn_in = worker->backoff.after(Milliseconds(lived_ms));
    worker->restart_us = due_in(*respawn_in);
  }
  log_exit(*worker, pid, wait_status, respawn_in);
}

void Generation::log_exit(const Worker& worker, pid_t pid, int wait_status,
                          std::optional<Milliseconds> respawn_in) const {
  const bool is_clean = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  const auto level = !is_clean    ? spdlog::level::err
                     : respawn_in ? spdlog::level::warn
                                  : spdlog::level::info;
  const std::string status =
      WIFEXITED(wait_status) ? std::to_string(WEXITSTATUS(wait_status)) : "none";
  log::logger().log(level,
                    "worker exited pid={} slot={} status={} signal={} generation={} "
                    "respawn_in_ms={}",
                    pid, worker.slot, status, signal_name(wait_status), parts_.number,
                    respawn_in ? std::to_string(respawn_in->count()) : "none");
}

void Generation::add_ready_pipes(std::vector<pollfd>& polled) const {
  for (const Worker& worker : workers_) {
    if (worker.ready.is_open()) polled.push_back({worker.ready.get(), POLLIN, 0});
  }
}

void Generation::collect_ready() {
  for (Worker& worker : workers_) {
    if (!worker.ready.is_open()) continue;
    char byte = 0;
    const ssize_t length = read(worker.ready.get(), &byte, 1);
    if (length < 0) continue;  // not yet
    worker.is_ready = length == 1;
    worker.ready.reset();  // its end without a byte is its death: reap() follows
  }
}

void Generation::on_time() {
  const std::uint64_t now = monotonic_us();
  if (stage_ == Stage::Serving) {
    for (Worker& worker : workers_) {
      if (worker.pid == 0 && worker.restart_us <= now) spawn(worker);
    }
  }
  if (now < stage_ends_us_) return;
  if (stage_ == Stage::Draining) {
    log::warn("drain timed out, workers are stopped generation={}", parts_.number);
    interrupt();
  } else if (stage_ == Stage::Interrupted) {
    log::error("workers do not stop and are killed generation={}", parts_.number);
    stage_ = Stage::Killed;
    stage_ends_us_ = kNever;
    send(SIGKILL);
  }
}

std::uint64_t Generation::next_due() const {
  std::uint64_t due = stage_ends_us_;
  if (stage_ != Stage::Serving) return due;
  for (const Worker& worker : workers_) {
    if (worker.pid == 0) due = std::min(due, worker.restart_us);
  }
  return due;
}

void Generation::close_pipes() {
  for (Worker& worker : workers_) worker.ready.reset();
}

void Generation::close_parts() {
  parts_.listeners.clear();
  parts_.logs.reset();
}

}  // namespace gateway
