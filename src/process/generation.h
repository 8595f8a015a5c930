// SPDX-License-Identifier: MIT
//
// Generation: the workers started from one configuration, as the master sees them.
//
// Stages    Starting → Serving → Draining → Interrupted → Killed, never back. Only a serving one
//           replaces workers that died.
// Deadlines next_due() says when on_time() wants to be called.
// Units     points in time are monotonic microseconds (util/clock.h).
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "process/backoff.h"
#include "process/heritage.h"

namespace gateway {

class Generation;

/// What all generations need for their forks.
struct ForkContext {
  Scoreboard& scoreboard;
  /// Called in a new worker of `own`: closes what is the master's and the other generations'.
  std::function<void(Generation& own)> leave_master;
};

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
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  Generation(Parts parts, const ForkContext& context);

  unsigned number() const { return parts_.number; }
  const Config& config() const { return parts_.config; }
  const Listeners& listeners() const { return parts_.listeners; }
  const std::shared_ptr<Logs>& logs() const { return parts_.logs; }
  Progress progress() const;
  bool is_gone() const;

  void start();
  void serve();
  /// Lets go of the sockets and tells the workers to drain; interrupts those that take longer.
  void drain(Milliseconds patience);
  /// Tells the workers to stop at once; kills those that do not.
  void interrupt();
  /// Tells draining workers to end their tunnels, once: too many generations drain.
  void end_tunnels(std::size_t limit);
  void reopen_logs();

  /// Does nothing if `pid` is not one of its workers.
  void reap(pid_t pid, int wait_status);
  void add_ready_pipes(std::vector<pollfd>& polled) const;
  void collect_ready();
  void on_time();
  std::uint64_t next_due() const;

  /// In a new worker, of this generation or another: closes the master's ends of the pipes.
  void close_pipes();
  /// In a new worker of another generation: closes its sockets and logs.
  void close_parts();

 private:
  enum class Stage : std::uint8_t { Starting, Serving, Draining, Interrupted, Killed };
  struct Worker {
    pid_t pid = 0;  ///< 0: none at the moment
    std::size_t slot = 0;
    std::uint64_t started_us = 0;
    std::uint64_t restart_us = 0;
    bool is_ready = false;
    UniqueFd ready;
    Backoff backoff;
  };

  void send(int signal) const;
  void spawn(Worker& worker);
  [[noreturn]] void become_worker(std::size_t slot, UniqueFd ready, pid_t master);
  void postpone(Worker& worker, std::string_view reason);
  void log_exit(const Worker& worker, pid_t pid, int wait_status,
                std::optional<Milliseconds> respawn_in) const;

  Parts parts_;
  const ForkContext& context_;
  std::vector<Worker> workers_;
  Stage stage_ = Stage::Starting;
  std::uint64_t stage_ends_us_ = kNever;
  bool tunnels_ended_ = false;
};

}  // namespace gateway
