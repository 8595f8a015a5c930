// SPDX-License-Identifier: MIT
#include "process/succession.h"

#include <algorithm>
#include <utility>

#include "observe/log.h"
#include "util/clock.h"

namespace gateway {
namespace {

// From fork to a worker's first accept: more than the slowest machine needs.
constexpr std::uint64_t kStartPatienceUs = 30'000'000;

Result<std::shared_ptr<Logs>> open_logs(const LogConfig& config) {
  auto access = LogOutput::open(config.access);
  if (!access) return std::move(access).error();
  auto error = LogOutput::open(config.error);
  if (!error) return std::move(error).error();
  return std::make_shared<Logs>(Logs{*std::move(access), *std::move(error)});
}

void log_new(const Listeners& listeners, const Listeners& old) {
  for (const auto& listener : listeners) {
    if (std::find(old.begin(), old.end(), listener) != old.end()) continue;
    log::info("listening address={}", listener->bound.to_string());
  }
}

}  // namespace

Succession::Succession(Scoreboard& scoreboard, std::function<void()> leave_master)
    : context_{scoreboard, [this, leave_master = std::move(leave_master)](Generation& own) {
                 leave_master();
                 leave(own);
               }} {}

Status Succession::begin(LoadedConfig loaded) {
  auto logs = open_logs(loaded.config.logs);
  if (!logs) return std::move(logs).error();
  if (!current_) {
    logs_ = *logs;
    log::start(logs_->error, loaded.config.logs.level);
  }
  for (const std::string& warning : loaded.warnings) log::warn("{}", warning);
  auto account = worker_account(loaded.config.user, loaded.config.group);
  if (!account) return std::move(account).error();
  const Listeners old = current_ ? current_->listeners() : Listeners();
  auto listeners = open_listeners(loaded.config.listeners, old);
  if (!listeners) return std::move(listeners).error();
  log_new(*listeners, old);
  if (*account) {
    for (LogOutput* output : {&(*logs)->access, &(*logs)->error}) {
      if (Status given = output->give_to((*account)->uid, (*account)->gid); !given) return given;
    }
    log::info("workers run as user={} uid={} gid={}", (*account)->name, (*account)->uid,
              (*account)->gid);
  }

  // The same number after a failure: generations take turns in the scoreboard's two halves.
  const unsigned number = current_ ? current_->number() + 1 : 1;
  starting_ = std::make_unique<Generation>(
      Generation::Parts{number, std::move(loaded.config), *std::move(listeners), *std::move(logs),
                        *std::move(account)},
      context_);
  starting_until_us_ = monotonic_us() + kStartPatienceUs;
  starting_->start();
  return ok();
}

void Succession::stop(SignalAction how) {
  for (GenerationPtr* generation : {&current_, &starting_}) {
    if (*generation) draining_.push_back(std::move(*generation));
  }
  for (const GenerationPtr& generation : draining_) {
    if (how == SignalAction::FastStop) {
      generation->interrupt();
    } else {
      generation->drain(generation->config().shutdown_drain_timeout);
    }
  }
  drop_gone();
}

void Succession::drop_gone() {
  std::erase_if(draining_, [](const GenerationPtr& generation) { return generation->is_gone(); });
}

void Succession::reap(pid_t pid, int wait_status) {
  for_each([=](Generation& generation) { generation.reap(pid, wait_status); });
}

void Succession::reopen_logs() {
  for_each([](Generation& generation) { generation.reopen_logs(); });
}

std::uint64_t Succession::prepare_wait(std::vector<pollfd>& polled) const {
  std::uint64_t due = starting_ ? starting_until_us_ : Generation::kNever;
  for_each([&](const Generation& generation) {
    due = std::min(due, generation.next_due());
    generation.add_ready_pipes(polled);
  });
  return due;
}

Status Succession::look_after() {
  for_each([](Generation& generation) {
    generation.collect_ready();
    generation.on_time();
  });
  Status status = starting_ ? judge_starting() : ok();
  drop_gone();
  if (logs_) logs_->error.flush();
  return status;
}

// In a new worker: the other generations' sockets and logs are none of its business.
void Succession::leave(Generation& own) {
  log::start(own.logs()->error, own.config().logs.level);
  logs_ = own.logs();
  for_each([&own](Generation& generation) {
    generation.close_pipes();
    if (&generation != &own) generation.close_parts();
  });
}

Status Succession::judge_starting() {
  const auto [pending, ready, lost] = starting_->progress();
  const bool is_late = monotonic_us() >= starting_until_us_;
  if (current_) {
    if (lost > 0 || is_late) {
      give_up_starting();
    } else if (pending == 0) {
      promote();
    }
    return ok();
  }
  // The first one: some workers are better than none, the others are started again.
  if (pending > 0 && !is_late) return ok();
  if (ready == 0) return Error{"no worker could start, see the lines above"};
  promote();
  return ok();
}

void Succession::promote() {
  GenerationPtr old = std::exchange(current_, std::move(starting_));
  current_->serve();
  context_.scoreboard.generation.store(current_->number(), std::memory_order_relaxed);
  log::start(current_->logs()->error, current_->config().logs.level);
  logs_ = current_->logs();
  log::info("generation ready generation={} workers={}", current_->number(),
            current_->progress().ready);
  if (!old) return;
  old->drain(current_->config().reload_drain_timeout);
  draining_.push_back(std::move(old));
  limit_draining();
}

void Succession::give_up_starting() {
  const auto [pending, ready, lost] = starting_->progress();
  log::error(
      "reload failed, the old workers go on: new ones did not get ready generation={} lost={} "
      "pending={}",
      starting_->number(), lost, pending);
  starting_->interrupt();
  draining_.push_back(std::move(starting_));
}

void Succession::limit_draining() {
  const std::size_t most = current_->config().max_draining_generations;
  for (std::size_t i = 0; i + most < draining_.size(); i++) {
    draining_[i]->end_tunnels(most);
  }
}

}  // namespace gateway
