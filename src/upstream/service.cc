// SPDX-License-Identifier: MIT
#include "upstream/service.h"

#include <algorithm>

namespace gateway::upstream {

namespace {
constexpr std::size_t kMaxAttempts = 8;
}  // namespace

Service::Service(UpstreamContext& context, const ServiceConfig& config, InstanceSlot* slots)
    : name_(config.name) {
  for (const InstanceConfig& instance : config.instances) {
    instances_.push_back(std::make_unique<Instance>(context, instance, *slots++));
  }
}

Instance* Service::pick() {
  if (instances_.empty()) return nullptr;
  return instances_[next_++ % instances_.size()].get();
}

Instance& Service::pick_after(const Instance& failed) {
  std::size_t index = 0;
  while (instances_[index].get() != &failed) index++;
  return *instances_[(index + 1) % instances_.size()];
}

std::size_t Service::max_attempts() const {
  std::size_t addresses = 0;
  for (const auto& instance : instances_) addresses += instance->max_attempts();
  return std::min(addresses, kMaxAttempts);
}

void Service::close_idle() {
  for (auto& instance : instances_) instance->close_idle();
}

}  // namespace gateway::upstream
