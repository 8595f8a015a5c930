// SPDX-License-Identifier: MIT
#include "config/validate.h"

namespace gateway {

Status validate(const Config& config) {
  std::size_t instances = 0;
  for (const ServiceConfig& service : config.services) instances += service.instances.size();
  if (instances > kMaxInstances) {
    return Error{"the services have " + std::to_string(instances) +
                 " instances together, at most " + std::to_string(kMaxInstances) +
                 " are supported"};
  }
  return ok();
}

}  // namespace gateway
