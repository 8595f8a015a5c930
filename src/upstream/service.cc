// SPDX-License-Identifier: MIT
#include "upstream/service.h"

#include <algorithm>

namespace gateway::upstream {

namespace {
constexpr std::size_t kMaxAttempts = 8;
}  // namespace

Service::Service(UpstreamContext& context, const ServiceConfig& config,
                 const Meters::Instance* meters)
    : name_(config.name) {
  for (const InstanceConfig& instance : config.instances) {
    members_.push_back({std::make_unique<Instance>(context, instance, *meters++), instance.weight});
  }
}

template <class Excluded>
Service::Member* Service::next_in_turn(const Excluded& is_excluded) {
  Member* next = nullptr;
  std::int64_t given = 0;
  for (Member& member : members_) {
    if (is_excluded(member.instance.get())) continue;
    member.credit += member.weight;
    given += member.weight;
    if (next == nullptr || member.credit > next->credit) next = &member;
  }
  if (next != nullptr) next->credit -= given;
  return next;
}

Instance* Service::pick(std::span<const Instance* const> tried) {
  if (members_.size() == 1) return members_.front().instance.get();
  Member* next = next_in_turn([&](const Instance* instance) {
    return std::find(tried.begin(), tried.end(), instance) != tried.end();
  });
  if (next == nullptr && !members_.empty()) {
    next = next_in_turn([&](const Instance* instance) { return instance == tried.back(); });
  }
  return next != nullptr ? next->instance.get() : nullptr;
}

std::size_t Service::max_attempts() const {
  std::size_t addresses = 0;
  for (const Member& member : members_) addresses += member.instance->max_attempts();
  return std::min(addresses, kMaxAttempts);
}

void Service::close_idle() {
  for (Member& member : members_) member.instance->close_idle();
}

}  // namespace gateway::upstream
