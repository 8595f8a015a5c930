// SPDX-License-Identifier: MIT
//
// Instance: one address of a service, its pool of idle connections, and what its name resolves to.
//
// Names      are looked up when first needed, again every 10 s while in use and after a failed
//            connect (at most once a second). The last good answer is kept while lookups fail.
// Status     every worker's connects are told to all through the shared InstanceSlot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "event/loop.h"
#include "http/client_connection.h"
#include "observe/series.h"
#include "upstream/idle_pool.h"
#include "upstream/resolver.h"

namespace gateway::upstream {

/// Value of Host for an instance.
std::string host_field_of(const InstanceConfig& config);

/// What all instances of one worker share.
struct UpstreamContext {
  http::ClientContext client;
  const PoolConfig& pool;
  Resolver& resolver;
  std::uint64_t exhausted_at = 0;  ///< loop tick of the last log line about it
};

class Instance : private http::ClientOwner {
 public:
  Instance(UpstreamContext& context, const InstanceConfig& config, const Meters::Instance& meters);
  ~Instance() override;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// A connection with the exchange begun: a pooled one is_ready(), a new one connects first.
  /// `fresh`: never a pooled one.
  http::ClientConnection& acquire(http::ResponseHandler& handler, http::AttemptTraits traits,
                                  const Timeouts& timeouts, bool fresh);
  void close_idle() { pool_.close_all(); }

  /// Value of Host for this instance.
  const std::string& host_field() const { return host_field_; }
  const std::string& url() const { return url_; }
  /// Connects worth trying for one exchange: each address, and once more where a name may by then
  /// lead elsewhere.
  std::size_t max_attempts() const {
    return std::max<std::size_t>(1, addresses_.size()) + (name_.empty() ? 0 : 1);
  }

  // What attempts tell.
  /// `was_connected`: the attempt failed although the connection was there.
  void note_failure(Cause cause, bool was_connected);
  void note_response(int status, std::uint64_t microseconds) {
    counters_.respond(status, microseconds);
  }
  /// The attempt is not the first of its request.
  void note_retry() { counters_.retries.add(); }

 private:
  void on_connect_result(http::ClientConnection& connection, Cause cause) override;
  void on_idle(http::ClientConnection& connection) override;
  void on_idle_end(http::ClientConnection& connection, http::IdleEnd end) override;
  void on_retired(http::ClientConnection& connection) override;
  void on_dead(http::ClientConnection& connection) override;

  void connect(http::ClientConnection& connection);
  void end_attempt(http::ClientConnection& connection);
  void look_up();
  void on_resolved(std::vector<Address> addresses);
  void fail_connecting(Cause cause);
  bool is_due(std::uint64_t since, Milliseconds interval) const;
  void set_status(InstanceStatus status, Cause cause);

  UpstreamContext& context_;
  InstanceSlot& slot_;
  InstanceCounters& counters_;
  const std::string url_;
  const std::string name_;  ///< empty: the address never changes
  const std::uint16_t port_;
  std::string host_field_;
  std::vector<Address> addresses_;
  bool is_suspect_ = false;       ///< a connect failed since the last lookup
  unsigned address_version_ = 0;  ///< connections made to an older set are not kept
  std::size_t next_address_ = 0;
  std::uint64_t looked_up_at_ = 0;  ///< loop tick of the last lookup's end; 0 = never
  Resolver::Query query_;
  ListNode connections_;
  IdlePool pool_;
  std::vector<http::ClientConnection*> waiting_;  ///< for the name
};

}  // namespace gateway::upstream
