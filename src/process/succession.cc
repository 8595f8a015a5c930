// SPDX-License-Identifier: MIT
#include "process/succession.h"

#include <algorithm>
#include <string>
#include <utility>

#include "observe/log.h"
#include "util/clock.h"

namespace gateway {
namespace {

// From the order to drain until a worker obeys: it does so between two events.
constexpr std::uint64_t kSettlePatienceUs = 10'000'000;

bool reopen(Logs& logs) {
  bool is_ok = true;
  for (LogOutput* output : {&logs.access, &logs.error}) {
    const Status status = output->reopen();
    if (!status) log::error("log not reopened: {}", status.error().message);
    is_ok &= status.has_value();
  }
  return is_ok;
}

}  // namespace

Succession::Succession(SharedScoreboard& scoreboard, std::function<void()> leave_master)
    : context_{scoreboard, [this, leave_master = std::move(leave_master)](Generation& own) {
                 leave_master();
                 leave(own);
               }} {}

const Generation::Parts* Succession::parts() const {
  if (current_) return &current_->parts();
  return resting_ ? &*resting_ : nullptr;
}

void Succession::rest() {
  if (!current_) return;
  resting_ = current_->parts();
  log::info("workers drain, nobody follows them generation={}", current_->number());
  current_->drain(Order::Drain, current_->config().reload_drain_timeout, current_->listeners());
  draining_.push_back(std::move(current_));
}

void Succession::resume() {
  if (!resting_ || starting_) return;
  Generation::Parts parts = *resting_;
  parts.number = next_number();
  start(std::move(parts));
}

void Succession::stop(SignalAction how, bool listeners_stay) {
  for (GenerationPtr* generation : {&current_, &starting_}) {
    if (*generation) draining_.push_back(std::move(*generation));
  }
  for (const GenerationPtr& generation : draining_) {
    const Config& config = generation->config();
    if (how == SignalAction::FastStop) {
      generation->interrupt();
    } else if (listeners_stay) {
      generation->drain(Order::Drain, config.reload_drain_timeout, generation->listeners());
    } else {
      generation->drain(Order::Stop, config.shutdown_drain_timeout, {});
    }
  }
  resting_.reset();
  unsettled_.reset();
  drop_gone();
}

void Succession::disown_files() {
  for_each([](const Generation& generation) {
    for (const auto& listener : generation.listeners()) listener->file.disown();
  });
  if (!resting_) return;
  for (const auto& listener : resting_->listeners) listener->file.disown();
}

std::vector<const Generation*> Succession::generations() const {
  std::vector<const Generation*> all;
  for (const GenerationPtr* generation : {&starting_, &current_}) {
    if (*generation) all.push_back(generation->get());
  }
  std::for_each(draining_.rbegin(), draining_.rend(),
                [&all](const GenerationPtr& generation) { all.push_back(generation.get()); });
  return all;
}

void Succession::drop_gone() {
  std::erase_if(draining_, [](const GenerationPtr& generation) { return generation->is_gone(); });
}

bool Succession::may_still_accept() const {
  return std::any_of(draining_.begin(), draining_.end(),
                     [](const auto& generation) { return generation->may_still_accept(); });
}

void Succession::reap(pid_t pid, int wait_status) {
  for_each([=, this](Generation& generation) {
    if (generation.reap(pid, wait_status) == Exit::Crash) counters().worker_crashes.add_shared();
  });
}

bool Succession::reopen_logs() {
  // Before the workers: a file that has to be made is made here, and given to who they run as.
  bool is_ok = !resting_ || reopen(*resting_->logs);
  for_each([&is_ok](Generation& generation) {
    is_ok &= reopen(*generation.logs());
    generation.reopen_logs();
  });
  return is_ok;
}

Generation::Reopening Succession::reopening() const {
  Generation::Reopening all;
  for_each([&all](const Generation& generation) {
    const auto [pending, failed] = generation.reopening();
    all.pending += pending;
    all.failed += failed;
  });
  return all;
}

std::uint64_t Succession::prepare_wait(std::vector<pollfd>& polled) const {
  std::uint64_t due = starting_ ? starting_until_us_ : Generation::kNever;
  if (unsettled_) due = std::min(due, unsettled_until_us_);
  for_each([&](const Generation& generation) {
    due = std::min(due, generation.next_due());
    generation.add_channels(polled);
  });
  return due;
}

Status Succession::look_after() {
  for_each([](Generation& generation) {
    generation.collect_reports();
    generation.on_time();
  });
  Status status = starting_ ? judge_starting() : ok();
  drop_gone();
  settle();
  if (logs_) logs_->error.flush();
  return status;
}

// In a new worker: the other generations' sockets and logs are none of its business.
void Succession::leave(Generation& own) {
  log::start(own.logs()->error, own.config().logs.level);
  logs_ = own.logs();
  for_each([&own](Generation& generation) {
    generation.close_channels();
    if (&generation != &own) generation.close_parts();
  });
  resting_.reset();
}

Status Succession::judge_starting() {
  const auto [pending, ready, lost] = starting_->progress();
  const bool is_late = monotonic_us() >= starting_until_us_;
  if (parts() != nullptr) {
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
  const bool is_first = !old && !resting_;
  resting_.reset();
  current_->serve();
  number_ = current_->number();
  context_.scoreboard->generation.store(current_->number(), std::memory_order_relaxed);
  log::start(current_->logs()->error, current_->config().logs.level);
  logs_ = current_->logs();
  log::info("generation ready generation={} workers={}", current_->number(),
            current_->progress().ready);
  if (!is_first) unsettled_ = Outcome{current_->number(), ok()};
  unsettled_until_us_ = monotonic_us() + kSettlePatienceUs;
  if (!old) return;
  old->drain(Order::Drain, current_->config().reload_drain_timeout, current_->listeners());
  draining_.push_back(std::move(old));
  limit_draining();
}

void Succession::give_up_starting() {
  const auto [pending, ready, lost] = starting_->progress();
  log::error("new workers did not get ready generation={} lost={} pending={}", starting_->number(),
             lost, pending);
  outcome_ = Outcome{starting_->number(),
                     Error{"new workers did not get ready: " + std::to_string(lost) + " lost, " +
                           std::to_string(pending) + " pending; the error log says why"}};
  starting_->interrupt();
  draining_.push_back(std::move(starting_));
}

void Succession::settle() {
  if (!unsettled_) return;
  const bool is_settled = !may_still_accept();
  if (!is_settled && monotonic_us() < unsettled_until_us_) return;
  if (!is_settled) log::warn("some old workers do not answer, they may still accept connections");
  outcome_ = std::exchange(unsettled_, std::nullopt);
}

void Succession::limit_draining() {
  const std::size_t most = current_->config().max_draining_generations;
  for (std::size_t i = 0; i + most < draining_.size(); i++) {
    draining_[i]->end_tunnels(most);
  }
}

}  // namespace gateway
