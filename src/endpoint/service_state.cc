// SPDX-License-Identifier: MIT
#include "endpoint/service_state.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

namespace gateway::endpoint {
namespace {

InstanceStatus status_of(std::span<const InstanceSlot> instances) {
  const auto has = [](InstanceStatus wanted) {
    return [wanted](const InstanceSlot& slot) {
      return slot.status.load(std::memory_order_relaxed) == wanted;
    };
  };
  if (std::any_of(instances.begin(), instances.end(), has(InstanceStatus::Up))) {
    return InstanceStatus::Up;
  }
  const bool all_down = !instances.empty() &&
                        std::all_of(instances.begin(), instances.end(), has(InstanceStatus::Down));
  return all_down ? InstanceStatus::Down : InstanceStatus::Unknown;
}

Cause last_error_of(std::span<const InstanceSlot> instances) {
  Cause last = Cause::None;
  std::int64_t newest = std::numeric_limits<std::int64_t>::min();
  for (const InstanceSlot& slot : instances) {
    const Cause cause = slot.last_error.load(std::memory_order_relaxed);
    const std::int64_t changed_at = slot.changed_at_ms.load(std::memory_order_relaxed);
    if (cause == Cause::None || changed_at <= newest) continue;
    last = cause;
    newest = changed_at;
  }
  return last;
}

}  // namespace

std::vector<ServiceState> service_states(const EndpointContext& context) {
  std::vector<ServiceState> states;
  const InstanceSlot* next = context.instances;
  for (const ServiceConfig& service : context.config.services) {
    const std::span<const InstanceSlot> instances(next, service.instances.size());
    states.push_back({status_of(instances), last_error_of(instances)});
    next += service.instances.size();
  }
  return states;
}

std::string_view to_word(InstanceStatus status) {
  switch (status) {
    case InstanceStatus::Up: return "up";
    case InstanceStatus::Down: return "down";
    case InstanceStatus::Unknown: break;
  }
  return "unknown";
}

}  // namespace gateway::endpoint
