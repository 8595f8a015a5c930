// SPDX-License-Identifier: MIT
//
// Succession: which generation serves, which one will, and which are on their way out.
//
// A new generation takes over when all its workers are ready; until then, and when it fails, the
// old one serves. Only the very first has nobody to fall back on: some workers are enough for it.
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "config/environment.h"
#include "process/generation.h"
#include "process/signals.h"
#include "util/result.h"

namespace gateway {

class Succession {
 public:
  /// `leave_master` is called in each new worker: it closes what only the master may have.
  Succession(Scoreboard& scoreboard, std::function<void()> leave_master);

  /// Starts a generation unless one is_starting(). After an error everything is as it was.
  Status begin(LoadedConfig loaded);
  bool is_starting() const { return starting_ != nullptr; }
  void stop(SignalAction how);
  bool is_gone() const { return !current_ && !starting_ && draining_.empty(); }

  void reap(pid_t pid, int wait_status);
  void reopen_logs();
  /// Adds what is to be waited for; returns when to stop waiting (Generation::kNever: not at all).
  std::uint64_t prepare_wait(std::vector<pollfd>& polled) const;
  /// After each wait. An error: the first generation cannot start.
  Status look_after();

 private:
  using GenerationPtr = std::unique_ptr<Generation>;

  void drop_gone();
  void leave(Generation& own);
  Status judge_starting();
  void promote();
  void give_up_starting();
  void limit_draining();

  /// Every generation there is, in no particular order.
  template <class F>
  void for_each(F call) const {
    if (current_) call(*current_);
    if (starting_) call(*starting_);
    for (const GenerationPtr& generation : draining_) call(*generation);
  }

  ForkContext context_;
  std::shared_ptr<Logs> logs_;           ///< where the master's own log goes
  GenerationPtr current_;                ///< serves
  GenerationPtr starting_;               ///< will serve once its workers are ready
  std::uint64_t starting_until_us_ = 0;  ///< when to give up on it
  std::vector<GenerationPtr> draining_;  ///< oldest first
};

}  // namespace gateway
