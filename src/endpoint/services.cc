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

}  // namespace

std::string services(const EndpointContext& context) {
  Json list = Json::array();
  const auto states = service_states(context);
  for (std::size_t i = 0; i < states.size(); i++) {
    const ServiceConfig& service = context.config.services[i];
    const Cause error = states[i].last_error;
    list.push_back({{"name", service.name},
                    {"prefixes", prefixes_of(service, context.config)},
                    {"urls", urls_of(service)},
                    {"status", to_word(states[i].status)},
                    {"last_error", error == Cause::None ? Json() : Json(info(error).word)}});
  }
  return to_body(list);
}

}  // namespace gateway::endpoint
