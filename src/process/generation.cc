// SPDX-License-Identifier: MIT
#include "process/generation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
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

// One that serves, one that starts, and as many that drain as there are by default.
static_assert(10 * kMaxWorkers <= Scoreboard::kWorkers);
static_assert(Names::kFirstInstance + kMaxInstances <= Names::kInstances);

constexpr char kReopen = static_cast<char>(Order::Reopen);
constexpr char kEndTunnels = static_cast<char>(Order::EndTunnels);

// Between INT and KILL.
constexpr Milliseconds kInterruptPatience{1000};

std::uint64_t due_in(Milliseconds duration) {
  if (duration == kOff) return Generation::kNever;
  return monotonic_us() + static_cast<std::uint64_t>(duration.count()) * 1000;
}

bool is_clean(int wait_status) { return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0; }

SeriesNames series_names(const Config& config) {
  SeriesNames names;
  for (const RouteConfig& route : config.routes)
    names.routes.push_back({route.name, route.service});
  for (const ServiceConfig& service : config.services) {
    for (const InstanceConfig& instance : service.instances) {
      names.instances.push_back({service.name, instance.url});
    }
  }
  return names;
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

void Generation::start() {
  release_orphans(*context_.scoreboard);
  rows_ = context_.scoreboard.assign_rows(series_names(parts_.config), parts_.number);
  for (Worker& worker : workers_) spawn(worker);
}

void Generation::serve() { stage_ = Stage::Serving; }

void Generation::drain(Order how, Milliseconds patience, const Listeners& kept) {
  if (stage_ > Stage::Draining) return;
  stage_ends_us_ = std::min(stage_ends_us_, due_in(patience));
  // A draining one may be told to stop.
  if (std::exchange(stage_, Stage::Draining) == Stage::Draining && how == Order::Drain) return;
  std::string message(1, static_cast<char>(how));
  for (const auto& listener : parts_.listeners) {
    const bool stays = std::find(kept.begin(), kept.end(), listener) != kept.end();
    message += stays ? kStays : kEnds;
  }
  parts_.listeners.clear();
  order(message);
}

void Generation::interrupt() {
  if (stage_ > Stage::Draining) return;
  stage_ = Stage::Interrupted;
  stage_ends_us_ = due_in(kInterruptPatience);
  parts_.listeners.clear();
  signal(signal_for(SignalAction::FastStop));
}

void Generation::reopen_logs() {
  for (Worker& worker : workers_) worker.logs = LogState::Reopening;
  order({&kReopen, 1});
}

void Generation::end_tunnels(std::size_t limit) {
  if (stage_ != Stage::Draining || std::exchange(tunnels_ended_, true)) return;
  log::warn("too many generations drain, the oldest ends its tunnels generation={} limit={}",
            parts_.number, limit);
  order({&kEndTunnels, 1});
}

void Generation::signal(int number) const {
  for (const Worker& worker : workers_) {
    if (worker.pid != 0) kill(worker.pid, number);
  }
}

void Generation::order(std::string_view message) const {
  for (const Worker& worker : workers_) {
    if (worker.channel.is_open()) send_message(worker.channel.get(), message);
  }
}

void Generation::spawn(Worker& worker) {
  const auto slot = claim_slot(*context_.scoreboard, parts_.number);
  if (!slot) return postpone(worker, "too many workers are still draining");
  auto channel = make_channel();
  const pid_t master = getpid();
  const pid_t pid = channel ? fork() : -1;
  const int error = errno;
  if (pid == 0) {
    channel->master.reset();
    become_worker(*slot, std::move(channel->worker), master);
  }
  if (pid < 0) {
    release_slot(*context_.scoreboard, *slot);
    return postpone(worker, channel ? errno_text(error) : channel.error().message);
  }
  worker.pid = pid;
  worker.slot = *slot;
  worker.started_us = monotonic_us();
  worker.is_ready = worker.is_draining = false;
  worker.logs = LogState::Open;
  worker.channel = std::move(channel->master);
  log::info("worker started pid={} slot={} generation={}", pid, *slot, parts_.number);
}

void Generation::become_worker(std::size_t slot, UniqueFd channel, pid_t master) {
  if (!occupy_slot(*context_.scoreboard, slot, master)) _exit(EXIT_FAILURE);
  context_.leave_master(*this);
  // exit() and not a return: what is on the stack is the master's to destroy.
  std::exit(
      run_worker({master, parts_.number, slot, parts_.config, parts_.listeners, parts_.account,
                  *parts_.logs, *context_.scoreboard, rows_, std::move(channel)}));
}

void Generation::postpone(Worker& worker, std::string_view reason) {
  const Milliseconds wait = worker.backoff.after(Milliseconds(0));
  worker.restart_us = due_in(wait);
  log::error("worker not started: {} generation={} retry_in_ms={}", reason, parts_.number,
             wait.count());
}

Exit Generation::reap(pid_t pid, int wait_status) {
  const auto worker = std::find_if(workers_.begin(), workers_.end(),
                                   [pid](const Worker& w) { return w.pid == pid; });
  if (worker == workers_.end()) return Exit::NotOurs;
  collect_reports();  // it may have said something and died before anybody looked
  release_slot(*context_.scoreboard, worker->slot);
  worker->pid = 0;
  worker->channel.reset();
  std::optional<Milliseconds> respawn_in;
  if (stage_ <= Stage::Serving) {
    const std::uint64_t lived_ms = (monotonic_us() - worker->started_us) / 1000;
    if (stage_ == Stage::Serving) context_.scoreboard->gateway.worker_restarts.add_shared();
    respawn_in = worker->backoff.after(Milliseconds(lived_ms));
    worker->restart_us = due_in(*respawn_in);
  }
  log_exit(*worker, pid, wait_status, respawn_in);
  // Those that had to be killed are no surprise.
  const bool is_crash = !is_clean(wait_status) && stage_ <= Stage::Draining;
  return is_crash ? Exit::Crash : Exit::Clean;
}

void Generation::log_exit(const Worker& worker, pid_t pid, int wait_status,
                          std::optional<Milliseconds> respawn_in) const {
  const auto level = !is_clean(wait_status) ? spdlog::level::err
                     : respawn_in           ? spdlog::level::warn
                                            : spdlog::level::info;
  const std::string status =
      WIFEXITED(wait_status) ? std::to_string(WEXITSTATUS(wait_status)) : "none";
  log::logger().log(level,
                    "worker exited pid={} slot={} status={} signal={} generation={} "
                    "respawn_in_ms={}",
                    pid, worker.slot, status, signal_name(wait_status), parts_.number,
                    respawn_in ? std::to_string(respawn_in->count()) : "none");
}

void Generation::add_channels(std::vector<pollfd>& polled) const {
  for (const Worker& worker : workers_) {
    if (worker.channel.is_open()) polled.push_back({worker.channel.get(), POLLIN, 0});
  }
}

void Generation::collect_reports() {
  for (Worker& worker : workers_) {
    while (worker.channel.is_open()) {
      const Message message = receive_message(worker.channel.get());
      if (message.state == Message::State::None) break;
      if (message.state == Message::State::End) {
        worker.channel.reset();  // its death: reap() follows
      } else {
        on_report(worker, static_cast<Report>(message.text.front()));
      }
    }
  }
}

void Generation::on_report(Worker& worker, Report report) {
  switch (report) {
    case Report::Ready: worker.is_ready = true; return;
    case Report::Draining: worker.is_draining = true; return;
    case Report::Reopened: worker.logs = LogState::Open; return;
    case Report::NotReopened: worker.logs = LogState::Failed; return;
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
    signal(SIGKILL);
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

void Generation::close_channels() {
  for (Worker& worker : workers_) worker.channel.reset();
}

void Generation::close_parts() {
  parts_.listeners.clear();
  parts_.logs.reset();
}

}  // namespace gateway
