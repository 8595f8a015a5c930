// SPDX-License-Identifier: MIT
#include "upstream/idle_limit.h"

#include <algorithm>

namespace gateway::upstream {
namespace {

constexpr unsigned kEnough = 3;
// A service that closes after each answer is seen to do so at ages below this.
constexpr Milliseconds kAtOnce{100};
// More than connections that reach the end of their uses together.
constexpr unsigned kMaxGoodUses = 100;
// Less is no time to be used again in, and near the resolution of the clock.
constexpr Milliseconds kLeastLifetime{25};

/// Services look at their idle connections now and then, so closes come late by up to a second.
bool agree(Milliseconds a, Milliseconds b) {
  const Milliseconds longer = std::max(a, b);
  const Milliseconds shorter = std::min(a, b);
  return longer - shorter <= kAtOnce + std::min(longer / 4, Milliseconds(1000));
}

}  // namespace

Milliseconds IdleLimit::safe_part(Milliseconds limit) {
  const Milliseconds margin = std::min(std::max(limit / 10, Milliseconds(1000)), limit / 2);
  const Milliseconds safe = limit - margin;
  return safe < kLeastLifetime ? Milliseconds::zero() : safe;
}

Milliseconds IdleLimit::lifetime() const {
  return is_known() ? std::min(safe_part(limit()), longest_) : longest_;
}

void IdleLimit::note_closed(std::uint64_t since, std::uint64_t until) {
  const Milliseconds age(until - since);
  const bool is_independent = since >= last_close_;
  if (!is_independent) {
    if (!agree(age, candidate_)) agreeing_ = 0;
    return;
  }
  last_close_ = until;
  if (is_known() && agree(age, limit())) {
    agreeing_ = 0;
    return;
  }
  const bool goes_on = agreeing_ > 0 && agree(age, candidate_);
  const bool is_outweighed = age < kAtOnce && good_uses_ > 0;
  if (is_outweighed) good_uses_--;
  candidate_ = goes_on ? std::min(candidate_, age) : age;
  agreeing_ = goes_on && !is_outweighed ? agreeing_ + 1 : 1;
  if (is_known() && age > limit()) {
    set(age);  // it lived that long, whatever closed it then
  } else if (agreeing_ >= kEnough) {
    set(candidate_);
  }
}

void IdleLimit::note_survived(Milliseconds age) {
  if (good_uses_ < kMaxGoodUses) good_uses_++;
  if (age >= candidate_ || candidate_ < kAtOnce) agreeing_ = 0;
}

void IdleLimit::note_probed(Milliseconds age) {
  if (!is_known() || age < limit()) return;
  set(age);
}

Milliseconds IdleLimit::next_probe(Milliseconds age) const {
  return std::min(longest_, std::max({Milliseconds(1000), limit() * 2, age * 2}));
}

bool IdleLimit::is_in_doubt(Milliseconds age) const {
  return agreeing_ > 0 && age <= candidate_ + kAtOnce;
}

/// Beyond what the pool waits for anyway nothing is.
bool IdleLimit::is_worth_knowing(Milliseconds limit) const {
  return limit < longest_ && limit < std::chrono::hours(24);
}

void IdleLimit::set(Milliseconds limit) {
  agreeing_ = 0;
  const Milliseconds known =
      is_worth_knowing(limit) ? std::max(limit, Milliseconds(1)) : Milliseconds::zero();
  limit_ms_.store(static_cast<std::uint32_t>(known.count()), std::memory_order_relaxed);
}

}  // namespace gateway::upstream
