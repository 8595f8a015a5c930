// SPDX-License-Identifier: MIT
//
// IdlePool: the idle connections to one instance.
//
// Order    last in, first out: a busy few stay warm, the rest runs into its time-out.
// Ages     a connection is not used when the instance may be about to close it: when its age nears
//          what the instance announces (Keep-Alive: timeout) or is known to wait (IdleLimit).
// Probe    one connection at a time that has become too old to use is watched on, to see whether
//          the instance still closes it when it used to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "http/client_connection.h"
#include "observe/scoreboard.h"
#include "upstream/idle_limit.h"

namespace gateway::upstream {

class IdlePool {
 public:
  /// All of the arguments outlive it.
  IdlePool(const PoolConfig& config, InstanceSlot& slot, const std::string& url);

  /// A connection to use again, or nullptr. A request that is not `repeatable` gets none while the
  /// instance looks as if it had begun to close them earlier.
  http::ClientConnection* take(bool repeatable);
  /// Keeps a connection that has just become idle, or cancels it.
  void put(http::ClientConnection& connection);
  void on_idle_end(http::ClientConnection& connection, http::IdleEnd end);
  void forget(http::ClientConnection& connection);
  void close_all();

 private:
  Milliseconds lifetime_of(const http::ClientConnection& connection) const;
  void show_announced(const http::ClientConnection& connection);
  void retire(http::ClientConnection& connection);
  void check_probe();
  void log_change(Milliseconds before) const;

  const PoolConfig& config_;
  InstanceSlot& slot_;
  const std::string& url_;
  IdleLimit limit_;
  std::vector<http::ClientConnection*> idle_;  ///< in the order they became so
  http::ClientConnection* probe_ = nullptr;
};

}  // namespace gateway::upstream
