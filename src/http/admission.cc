// SPDX-License-Identifier: MIT
#include "http/admission.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "observe/log.h"
#include "util/clock.h"

namespace gateway::http {
namespace {

constexpr std::size_t kAcceptsPerTurn = 32;
constexpr Milliseconds kRetry{100};
constexpr std::size_t kRoomPart = 8;  // of the connections, to be closed at a time
constexpr std::int64_t kLogIntervalMs = 1000;
// Descriptors of listeners, logs and the like.
constexpr std::uint64_t kOwnDescriptors = 64;

}  // namespace

bool Admission::Valve::opens() {
  const std::int64_t now = unix_ms();
  // The wall clock may have been set back.
  if (now >= opened_at_ms_ && now - opened_at_ms_ < kLogIntervalMs) return false;
  opened_at_ms_ = now;
  return true;
}

Admission::Admission(Loop& loop, Gate& gate, std::uint64_t limit, ClientCounters* counters)
    : gate_(gate),
      limit_(limit),
      counters_(counters),
      retry_(
          loop, [](void* self) { static_cast<Admission*>(self)->on_retry(); }, this) {}

std::uint64_t Admission::limit_of(std::uint64_t wanted, std::uint64_t descriptors) {
  const std::uint64_t own = std::min(kOwnDescriptors, descriptors / 2);
  return std::max<std::uint64_t>(1, std::min(wanted, (descriptors - own) / 2));
}

void Admission::note_accepted() {
  accepted_++;
  apply();
}

void Admission::note_accept_error(int error) {
  has_failed_ = true;
  if (counters_ != nullptr) counters_->accept_errors.add();
  if (error_lines_.opens()) {
    log::error("accept failed, pausing error=\"{}\" connections={}", std::strerror(error),
               gate_.connections());
  }
  apply();
}

void Admission::review() {
  accepted_ = 0;
  apply();
}

void Admission::apply() {
  const bool full = is_full();
  const bool open = !full && !has_failed_ && accepted_ < kAcceptsPerTurn;
  if (open != is_open_) {
    is_open_ = open;
    gate_.set_open(open);
  }
  if ((full || has_failed_) && !retry_.is_set()) retry_.set(kRetry);
  if (full && !std::exchange(was_full_, full)) {
    if (counters_ != nullptr) counters_->limit_pauses.add();
    if (limit_lines_.opens()) {
      log::warn("connection limit reached, accepting pauses connections={}", gate_.connections());
    }
  }
  was_full_ = full;
}

void Admission::on_retry() {
  const bool failed = std::exchange(has_failed_, false);
  if ((failed || is_full()) && gate_.has_queue()) {
    const std::size_t closed = gate_.make_room(gate_.connections() / kRoomPart + 1);
    if (closed > 0 && room_lines_.opens()) {
      log::warn("no room for more clients, idle connections closed closed={} connections={}",
                closed, gate_.connections());
    }
  }
  apply();
}

}  // namespace gateway::http
