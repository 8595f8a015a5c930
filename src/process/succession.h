// SPDX-License-Identifier: MIT
//
// Succession: which generation serves, which one will, and which are on their way out.
//
// A new generation takes over when all its workers are ready; until then, and when it fails, the
// old one serves. Only the very first has nobody to fall back on: some workers are enough for it.
// What it takes to start one is in succession_start.cc, the rest in succession.cc.
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "config/environment.h"
#include "process/generation.h"
#include "process/signals.h"
#include "util/result.h"

namespace gateway {

class Succession {
 public:
  struct Outcome {
    unsigned generation;
    Status status;
  };

  /// `leave_master` is called in each new worker: it closes what only the master may have.
  Succession(SharedScoreboard& scoreboard, std::function<void()> leave_master);

  /// Sockets that the first generation takes, as far as it has listeners for them.
  void inherit(std::vector<InheritedSocket> sockets, bool own_files);

  /// Starts a generation unless one is_starting(). After an error everything is as it was.
  Status begin(LoadedConfig loaded);
  GatewayCounters& counters() const { return context_.scoreboard->gateway; }
  bool is_starting() const { return starting_ != nullptr || unsettled_; }
  /// What became of the generation that was starting; once. Not of the first one. When it is good,
  /// nobody else accepts connections any more.
  std::optional<Outcome> take_outcome() { return std::exchange(outcome_, std::nullopt); }

  /// The workers drain and nobody follows them, until resume() or begin(). The sockets stay.
  void rest();
  bool is_resting() const { return resting_.has_value(); }
  /// A generation from the configuration of the one that rests.
  void resume();

  /// For good. `listeners_stay`: another master has the sockets too.
  void stop(SignalAction how, bool listeners_stay);
  /// Unix sockets' files are somebody else's from now on.
  void disown_files();
  bool is_gone() const { return !current_ && !starting_ && draining_.empty(); }
  /// Workers that were told to drain and have not all said yet that they accept no more.
  bool may_still_accept() const;

  /// What serves, or rests; nullptr before the first generation serves.
  const Generation::Parts* parts() const;
  /// All there are, newest first.
  std::vector<const Generation*> generations() const;
  /// Of the newest generation that ever served.
  unsigned number() const { return number_; }

  void reap(pid_t pid, int wait_status);
  /// False: the master's own were not all opened. Of the workers see reopening().
  bool reopen_logs();
  Generation::Reopening reopening() const;
  /// Adds what is to be waited for; returns when to stop waiting (Generation::kNever: not at all).
  std::uint64_t prepare_wait(std::vector<pollfd>& polled) const;
  /// After each wait. An error: the first generation cannot start.
  Status look_after();

 private:
  using GenerationPtr = std::unique_ptr<Generation>;

  void start(Generation::Parts parts);
  Listeners open_sockets() const;
  Result<Listeners> listen(const Config& config);
  unsigned next_number() const;
  void drop_gone();
  void leave(Generation& own);
  Status judge_starting();
  void promote();
  void give_up_starting();
  void limit_draining();
  void settle();

  /// Every generation there is, in no particular order.
  template <class F>
  void for_each(F call) const {
    if (current_) call(*current_);
    if (starting_) call(*starting_);
    for (const GenerationPtr& generation : draining_) call(*generation);
  }

  ForkContext context_;
  std::shared_ptr<Logs> logs_;                ///< where the master's own log goes
  GenerationPtr current_;                     ///< serves
  GenerationPtr starting_;                    ///< will serve once its workers are ready
  std::uint64_t starting_until_us_ = 0;       ///< when to give up on it
  std::vector<GenerationPtr> draining_;       ///< oldest first
  std::optional<Generation::Parts> resting_;  ///< what served and will again
  std::optional<Outcome> unsettled_;          ///< will be the outcome once the old ones drain
  std::uint64_t unsettled_until_us_ = 0;
  std::optional<Outcome> outcome_;
  std::vector<InheritedSocket> inherited_;
  bool own_inherited_files_ = false;
  unsigned number_ = 0;
};

}  // namespace gateway
