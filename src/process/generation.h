// SPDX-License-Identifier: MIT
//
// Generation: the workers started from one configuration, as the master sees them.
//
// Stages    Starting → Serving → Draining → Interrupted → Killed, never back. Only a serving one
//           replaces workers that died.
// Deadlines next_due() says when on_time() wants to be called.
// Units     points in time are monotonic microseconds (util/clock.h).
// Where     what it says of itself is in generation_view.cc, the rest in generation.cc.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "observe/shared_scoreboard.h"
#include "process/backoff.h"
#include "process/channel.h"
#include "process/heritage.h"

namespace gateway {

class Generation;

/// What all generations need for their forks.
struct ForkContext {
  SharedScoreboard& scoreboard;
  /// Called in a new worker of `own`: closes what is the master's and the other generations'.
  std::function<void(Generation& own)> leave_master;
};

/// How a worker ended.
enum class Exit : std::uint8_t { NotOurs, Clean, Crash };

class Generation {
 public:
  struct Parts {
    unsigned number;
    Config config;
    Listeners listeners;
    std::shared_ptr<Logs> logs;
    std::optional<Account> account;  ///< of the workers, when they become somebody else
  };
  struct Progress {
    std::size_t pending = 0;  ///< started, not ready yet
    std::size_t ready = 0;    ///< got ready, and may have died since
    std::size_t lost = 0;     ///< died, or could not be started
  };
  /// How the workers took to opening their logs anew.
  struct Reopening {
    std::size_t pending = 0;
    std::size_t failed = 0;
  };
  struct WorkerView {
    pid_t pid;  ///< 0: will be started again
    std::size_t slot;
    bool is_ready;
  };
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  Generation(Parts parts, const ForkContext& context);

  unsigned number() const { return parts_.number; }
  const Config& config() const { return parts_.config; }
  const Listeners& listeners() const { return parts_.listeners; }
  const std::shared_ptr<Logs>& logs() const { return parts_.logs; }
  const Parts& parts() const { return parts_; }
  Progress progress() const;
  Reopening reopening() const;
  std::vector<WorkerView> workers() const;
  std::string_view stage_name() const;
  /// When what it has in progress is cut; kNever: not at all.
  std::uint64_t stage_ends_us() const { return stage_ends_us_; }
  bool has_ended_tunnels() const { return tunnels_ended_; }
  bool is_gone() const;
  /// Told to drain or to stop, some have not said yet that they accept no more.
  bool may_still_accept() const;

  void start();
  void serve();
  /// Lets go of the sockets and tells the workers to drain: Order::Drain or Stop. Those that are
  /// not in `kept` are gone for everybody. Interrupts workers that take longer than `patience`.
  void drain(Order how, Milliseconds patience, const Listeners& kept);
  /// Tells the workers to stop at once; kills those that do not.
  void interrupt();
  /// Tells draining workers to end their tunnels, once: too many generations drain.
  void end_tunnels(std::size_t limit);
  /// In the workers, by name; they report it: see reopening().
  void reopen_logs();

  /// Does nothing if `pid` is not one of its workers.
  Exit reap(pid_t pid, int wait_status);
  void add_channels(std::vector<pollfd>& polled) const;
  void collect_reports();
  void on_time();
  std::uint64_t next_due() const;

  /// In a new worker, of this generation or another: closes the master's ends of the channels.
  void close_channels();
  /// In a new worker of another generation: closes its sockets and logs.
  void close_parts();

 private:
  enum class Stage : std::uint8_t { Starting, Serving, Draining, Interrupted, Killed };
  enum class LogState : std::uint8_t { Open, Reopening, Failed };
  struct Worker {
    pid_t pid = 0;  ///< 0: none at the moment
    std::size_t slot = 0;
    std::uint64_t started_us = 0;
    std::uint64_t restart_us = 0;
    bool is_ready = false;
    bool is_draining = false;
    LogState logs = LogState::Open;
    UniqueFd channel;
    Backoff backoff;
  };

  void signal(int number) const;
  void order(std::string_view message) const;
  void spawn(Worker& worker);
  [[noreturn]] void become_worker(std::size_t slot, UniqueFd channel, pid_t master);
  void postpone(Worker& worker, std::string_view reason);
  void on_report(Worker& worker, Report report);
  void log_exit(const Worker& worker, pid_t pid, int wait_status,
                std::optional<Milliseconds> respawn_in) const;

  Parts parts_;
  SeriesRows rows_;
  const ForkContext& context_;
  std::vector<Worker> workers_;
  Stage stage_ = Stage::Starting;
  std::uint64_t stage_ends_us_ = kNever;
  bool tunnels_ended_ = false;
};

}  // namespace gateway
