// SPDX-License-Identifier: MIT
#include "upstream/instance.h"

#include <algorithm>
#include <utility>

#include "observe/log.h"
#include "util/clock.h"

namespace gateway::upstream {
namespace {

constexpr Milliseconds kRefresh{10000};
constexpr Milliseconds kRetryLookup{1000};
constexpr Milliseconds kExhaustedLog{1000};

std::vector<Address> fixed_address(const InstanceConfig& config) {
  auto address = config.unix_path.empty() ? Address::from_ip(config.host, config.port)
                                          : Address::from_unix_path(config.unix_path);
  if (!address) return {};  // a name
  return {*address};
}

}  // namespace

std::string host_field_of(const InstanceConfig& config) {
  if (!config.unix_path.empty()) return "localhost";
  const bool is_ipv6 = config.host.find(':') != config.host.npos;
  std::string field = is_ipv6 ? "[" + config.host + "]" : config.host;
  if (config.port != 80) field += ":" + std::to_string(config.port);
  return field;
}

Instance::Instance(UpstreamContext& context, const InstanceConfig& config,
                   const Meters::Instance& meters)
    : context_(context),
      slot_(*meters.state),
      counters_(*meters.counters),
      url_(config.url),
      name_(fixed_address(config).empty() ? config.host : ""),
      port_(config.port),
      host_field_(host_field_of(config)),
      addresses_(fixed_address(config)),
      pool_(context.pool, slot_, url_) {}

Instance::~Instance() {
  while (connections_.is_linked()) {
    delete static_cast<http::ClientConnection*>(connections_.next);
  }
}

http::ClientConnection& Instance::acquire(http::ResponseHandler& handler,
                                          http::AttemptTraits traits, const Timeouts& timeouts,
                                          bool fresh) {
  // Also while pooled connections serve everything: they must not pin an address for ever.
  if (!addresses_.empty() && !name_.empty() && is_due(looked_up_at_, kRefresh)) look_up();
  counters_.attempts.add();
  http::ClientConnection* pooled = fresh ? nullptr : pool_.take(traits.repeatable);
  if (pooled != nullptr) {
    counters_.reuses.add();
    pooled->tag().is_in_use = true;
    pooled->begin(handler, traits, timeouts);
    return *pooled;
  }
  auto* connection = new http::ClientConnection(context_.client, *this);
  connection->insert_before(connections_);
  connection->tag().is_in_use = true;
  counters_.connections_opened.add();
  connection->begin(handler, traits, timeouts);
  connect(*connection);
  return *connection;
}

void Instance::connect(http::ClientConnection& connection) {
  // Where a connect has just failed, the lookup that it caused may know better.
  const bool wait = is_suspect_ && query_;
  if (!addresses_.empty() && !wait) {
    if (!name_.empty() && is_due(looked_up_at_, kRetryLookup)) look_up();
    connection.tag().version = address_version_;
    connection.tag().index = next_address_;
    counters_.connects.add();
    connection.connect(addresses_[next_address_ % addresses_.size()]);
  } else if (query_ || is_due(looked_up_at_, kRetryLookup)) {
    waiting_.push_back(&connection);
    look_up();
  } else {
    connection.fail(Cause::DnsFailure);
  }
}

// --- names
// ----------------------------------------------------------------------------------------

bool Instance::is_due(std::uint64_t since, Milliseconds interval) const {
  const auto ticks = static_cast<std::uint64_t>(interval / Loop::kTick);
  return since == 0 || context_.client.loop.now() - since >= ticks;
}

void Instance::look_up() {
  if (query_) return;
  query_ = context_.resolver.resolve(
      name_, port_, [this](std::vector<Address> addresses) { on_resolved(std::move(addresses)); });
}

void Instance::on_resolved(std::vector<Address> addresses) {
  query_.reset();
  looked_up_at_ = context_.client.loop.now();
  is_suspect_ = false;
  // Servers rotate their answers: only another set of addresses is another answer.
  const bool addresses_are_gone = addresses.empty();
  const bool changed =
      !addresses.empty() && !std::is_permutation(addresses.begin(), addresses.end(),
                                                 addresses_.begin(), addresses_.end());
  if (changed) {
    log::info("service name resolved name={} addresses={} first={}", name_, addresses.size(),
              addresses.front().to_string());
    addresses_ = std::move(addresses);
    next_address_ = 0;
    address_version_++;
    close_idle();  // they may lead to addresses that are no longer meant
  } else if (addresses.empty()) {
    log::warn("service name does not resolve name={} keeping={}", name_, addresses_.size());
    if (addresses_.empty()) set_status(InstanceStatus::Down, Cause::DnsFailure);
  }
  // Connects to where the name no longer leads would only run into their time-out.
  if (changed) fail_connecting(Cause::ConnectUnreachable);
  if (addresses_are_gone) fail_connecting(Cause::DnsFailure);
  for (http::ClientConnection* connection : std::exchange(waiting_, {})) {
    if (addresses_.empty()) {
      connection->fail(Cause::DnsFailure);
    } else {
      connect(*connection);
    }
  }
}

void Instance::fail_connecting(Cause cause) {
  for (ListNode* node = connections_.next; node != &connections_; node = node->next) {
    auto& connection = static_cast<http::ClientConnection&>(*node);
    if (connection.is_connecting()) connection.fail(cause);
  }
}

// --- what connections tell
// ------------------------------------------------------------------------

void Instance::on_connect_result(http::ClientConnection& connection, Cause cause) {
  if (cause == Cause::None) {
    set_status(InstanceStatus::Up, slot_.last_error.load(std::memory_order_relaxed));
    return;
  }
  if (cause == Cause::Internal) {
    if (!is_due(context_.exhausted_at, kExhaustedLog)) return;
    context_.exhausted_at = context_.client.loop.now();
    log::error("cannot connect, descriptors or memory are exhausted url={}", url_);
    return;
  }
  set_status(InstanceStatus::Down, cause);
  // Of several that failed on one address the first moves on.
  if (connection.tag().index == next_address_) next_address_++;
  if (name_.empty()) return;
  is_suspect_ = true;
  if (is_due(looked_up_at_, kRetryLookup)) look_up();
}

void Instance::end_attempt(http::ClientConnection& connection) {
  if (std::exchange(connection.tag().is_in_use, false)) counters_.attempts_ended.add();
}

void Instance::on_idle(http::ClientConnection& connection) {
  end_attempt(connection);
  if (connection.tag().version == address_version_) {
    pool_.put(connection);
  } else {
    connection.cancel();
  }
}

void Instance::on_idle_end(http::ClientConnection& connection, http::IdleEnd end) {
  pool_.on_idle_end(connection, end);
}

void Instance::on_retired(http::ClientConnection& connection) {
  end_attempt(connection);
  pool_.forget(connection);
  std::erase(waiting_, &connection);
}

void Instance::on_dead(http::ClientConnection& connection) {
  counters_.connections_closed.add();
  delete &connection;
}

void Instance::note_failure(Cause cause, bool was_connected) {
  counters_.fail(cause);
  if (!was_connected) return;
  set_status(slot_.status.load(std::memory_order_relaxed), cause);
}

// Shared by all workers, so it is written only when something changes.
void Instance::set_status(InstanceStatus status, Cause cause) {
  const auto relaxed = std::memory_order_relaxed;
  if (slot_.last_error.load(relaxed) != cause) slot_.last_error.store(cause, relaxed);
  const InstanceStatus before = slot_.status.load(relaxed);
  if (before == status) return;
  slot_.status.store(status, relaxed);
  slot_.changed_at_ms.store(unix_ms(), relaxed);
  if (status == InstanceStatus::Down) {
    log::warn("instance is down url={} cause={}", url_, info(cause).word);
  } else {
    log::info("instance is up url={}", url_);
  }
}

}  // namespace gateway::upstream
