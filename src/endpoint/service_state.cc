// SPDX-License-Identifier: MIT
#include "endpoint/service_state.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

namespace gateway::endpoint {
namespace {

using Instances = std::span<const Meters::Instance>;

InstanceStatus status_of(Instances instances) {
  const auto has = [](InstanceStatus wanted) {
    return [wanted](const Meters::Instance& instance) {
      return instance.state->status.load(std::memory_order_relaxed) == wanted;
    };
  };
  if (std::any_of(instances.begin(), instances.end(), has(InstanceStatus::Up))) {
    return InstanceStatus::Up;
  }
  const bool all_down = !instances.empty() &&
                        std::all_of(instances.begin(), instances.end(), has(InstanceStatus::Down));
  return all_down ? InstanceStatus::Down : InstanceStatus::Unknown;
}

Cause last_error_of(Instances instances) {
  Cause last = Cause::None;
  std::int64_t newest = std::numeric_limits<std::int64_t>::min();
  for (const Meters::Instance& instance : instances) {
    const Cause cause = instance.state->last_error.load(std::memory_order_relaxed);
    const std::int64_t changed_at = instance.state->changed_at_ms.load(std::memory_order_relaxed);
    if (cause == Cause::None || changed_at <= newest) continue;
    last = cause;
    newest = changed_at;
  }
  return last;
}

}  // namespace

std::vector<ServiceState> service_states(const EndpointContext& context) {
  std::vector<ServiceState> states;
  const Meters::Instance* next = context.meters.instances.data();
  for (const ServiceConfig& service : context.config.services) {
    const Instances instances(next, service.instances.size());
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
