// SPDX-License-Identifier: MIT
#include "upstream/idle_pool.h"

#include <algorithm>
#include <limits>

#include "observe/log.h"
#include "util/clock.h"

namespace gateway::upstream {
namespace {

// An answer that is missing for longer than this was not lost to a close that came just before the
// request: the instance had it and failed.
constexpr std::uint64_t kRaceMs = 1000;

Milliseconds between(std::uint64_t from, std::uint64_t to) {
  return Milliseconds(static_cast<Milliseconds::rep>(to - from));
}

}  // namespace

IdlePool::IdlePool(const PoolConfig& config, InstanceSlot& slot, const std::string& url)
    : config_(config), slot_(slot), url_(url), limit_(slot.learned_idle_ms, config.idle_timeout) {}

http::ClientConnection* IdlePool::take(bool repeatable) {
  if (idle_.empty()) return nullptr;
  const std::uint64_t now = coarse_monotonic_ms();
  const Milliseconds oldest = between(idle_.front()->tag().idle_since, now);
  if (!repeatable && limit_.is_in_doubt(oldest)) return nullptr;
  while (!idle_.empty()) {
    http::ClientConnection& connection = *idle_.back();
    idle_.pop_back();
    // Closed, or with bytes that would be taken for the answer: it will be told so in this turn.
    if (connection.has_news()) continue;
    if (now < connection.tag().use_before) {
      connection.tag().used_at = now;
      return &connection;
    }
    retire(
        connection);  // its deadline comes late: they are coarse, and this process may have slept
  }
  return nullptr;
}

void IdlePool::put(http::ClientConnection& connection) {
  http::ClientConnection::Tag& tag = connection.tag();
  if (connection.was_reused()) limit_.note_survived(between(tag.idle_since, tag.used_at));
  show_announced(connection);
  if (idle_.size() >= config_.max_idle) {
    connection.cancel();
    return;
  }
  tag.idle_since = coarse_monotonic_ms();
  const Milliseconds lifetime = lifetime_of(connection);
  if (lifetime == Milliseconds::zero()) {
    retire(connection);
    return;
  }
  tag.use_before = tag.idle_since + static_cast<std::uint64_t>(lifetime.count());
  connection.keep_idle(lifetime);
  idle_.push_back(&connection);
}

Milliseconds IdlePool::lifetime_of(const http::ClientConnection& connection) const {
  const Milliseconds announced = connection.announced_idle();
  if (announced == kOff) return limit_.lifetime();
  return std::min(limit_.lifetime(), IdleLimit::safe_part(announced));
}

void IdlePool::show_announced(const http::ClientConnection& connection) {
  constexpr Milliseconds kMost(std::numeric_limits<std::uint32_t>::max());
  const Milliseconds announced = connection.announced_idle();
  const auto shown =
      announced == kOff
          ? 0U
          : static_cast<std::uint32_t>(std::clamp(announced, Milliseconds(1), kMost).count());
  if (slot_.announced_idle_ms.load(std::memory_order_relaxed) == shown) return;
  slot_.announced_idle_ms.store(shown, std::memory_order_relaxed);
}

/// It is too old to be used.
void IdlePool::retire(http::ClientConnection& connection) {
  // Who announces a shorter time than was learned need not be watched.
  const bool tells = limit_.is_known() && limit_.limit() < connection.announced_idle();
  if (probe_ != nullptr || !tells) {
    connection.cancel();
    return;
  }
  probe_ = &connection;
  const Milliseconds age = between(connection.tag().idle_since, coarse_monotonic_ms());
  connection.keep_idle(limit_.next_probe(age) - age);
}

void IdlePool::check_probe() {
  const Milliseconds age = between(probe_->tag().idle_since, coarse_monotonic_ms());
  limit_.note_probed(age);
  if (limit_.is_known()) {
    probe_->keep_idle(limit_.next_probe(age) - age);
  } else {
    probe_->cancel();
  }
}

void IdlePool::on_idle_end(http::ClientConnection& connection, http::IdleEnd end) {
  const Milliseconds before = limit_.limit();
  const http::ClientConnection::Tag& tag = connection.tag();
  const std::uint64_t now = coarse_monotonic_ms();
  switch (end) {
    case http::IdleEnd::Closed: limit_.note_closed(tag.idle_since, now); break;
    case http::IdleEnd::Raced:
      if (now - tag.used_at < kRaceMs) limit_.note_closed(tag.idle_since, tag.used_at);
      break;
    case http::IdleEnd::Expired:
      if (&connection == probe_) {
        check_probe();
      } else {
        std::erase(idle_, &connection);
        retire(connection);
      }
      break;
  }
  log_change(before);
}

void IdlePool::log_change(Milliseconds before) const {
  if (limit_.limit() == before) return;
  if (limit_.is_known()) {
    log::info("instance closes idle connections url={} after_ms={}", url_, limit_.limit().count());
  } else {
    log::info("instance keeps idle connections url={}", url_);
  }
}

void IdlePool::forget(http::ClientConnection& connection) {
  std::erase(idle_, &connection);
  if (&connection == probe_) probe_ = nullptr;
}

void IdlePool::close_all() {
  while (!idle_.empty()) idle_.back()->cancel();  // → forget
  if (probe_ != nullptr) probe_->cancel();
}

}  // namespace gateway::upstream
