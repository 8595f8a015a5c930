// SPDX-License-Identifier: MIT
#include "endpoint/endpoints.h"
#include "endpoint/identity.h"
#include "endpoint/service_state.h"

namespace gateway::endpoint {
namespace {

Json prefixes_of(const ServiceConfig& service, const Config& config) {
  Json prefixes = Json::array();
  for (const RouteConfig& route : config.routes) {
    if (route.service == service.name) prefixes.push_back(route.match.path_prefix);
  }
  return prefixes;
}

Json urls_of(const ServiceConfig& service) {
  Json urls = Json::array();
  for (const InstanceConfig& instance : service.instances) urls.push_back(instance.url);
  return urls;
}

/// The shorter of what an instance announces and what it was seen to do; null when it does neither.
Json idle_limit_of(const InstanceSlot& slot) {
  const std::uint32_t learned = slot.learned_idle_ms.load(std::memory_order_relaxed);
  const std::uint32_t announced = slot.announced_idle_ms.load(std::memory_order_relaxed);
  if (learned == 0 && announced == 0) return {};
  const bool is_learned = learned != 0 && (announced == 0 || learned < announced);
  return static_cast<double>(is_learned ? learned : announced) / 1000;
}

Json instances_of(const ServiceConfig& service, const Meters::Instance* meters) {
  Json instances = Json::array();
  for (const InstanceConfig& instance : service.instances) {
    const InstanceSlot& slot = *(meters++)->state;
    instances.push_back({{"url", instance.url},
                         {"status", to_word(slot.status.load(std::memory_order_relaxed))},
                         {"idle_limit_seconds", idle_limit_of(slot)}});
  }
  return instances;
}

}  // namespace

std::string services(const EndpointContext& context) {
  Json list = Json::array();
  const Meters::Instance* meters = context.meters.instances.data();
  const auto states = service_states(context);
  for (std::size_t i = 0; i < states.size(); i++) {
    const ServiceConfig& service = context.config.services[i];
    const Cause error = states[i].last_error;
    list.push_back({{"name", service.name},
                    {"prefixes", prefixes_of(service, context.config)},
                    {"urls", urls_of(service)},
                    {"status", to_word(states[i].status)},
                    {"last_error", error == Cause::None ? Json() : Json(info(error).word)},
                    {"instances", instances_of(service, meters)}});
    meters += service.instances.size();
  }
  return to_body(list);
}

}  // namespace gateway::endpoint
