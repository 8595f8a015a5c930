// SPDX-License-Identifier: MIT
//
// Service: a named backend and its instances, taken in turn.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "upstream/instance.h"

namespace gateway::upstream {

class Service {
 public:
  /// `slots`: one for each instance of `config`, in order.
  Service(UpstreamContext& context, const ServiceConfig& config, InstanceSlot* slots);

  const std::string& name() const { return name_; }
  /// The next instance in turn; nullptr when there is none.
  Instance* pick();
  /// The one to try when a connect to `failed` failed; the same where there is no other.
  Instance& pick_after(const Instance& failed);
  /// Attempts one exchange may make before it gives up connecting.
  std::size_t max_attempts() const;
  void close_idle();

 private:
  std::string name_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::size_t next_ = 0;
};

}  // namespace gateway::upstream
