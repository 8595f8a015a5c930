// SPDX-License-Identifier: MIT
//
// Service: a named backend and its instances, which take turns as their weights say.
//
// Turns    smooth weighted round robin: of the weights 5, 1, 1 come a a b a c a a, not five a in
//          a row. Each worker counts for itself.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "upstream/instance.h"

namespace gateway::upstream {

class Service {
 public:
  /// `meters`: one for each instance of `config`, in order.
  Service(UpstreamContext& context, const ServiceConfig& config, const Meters::Instance* meters);

  const std::string& name() const { return name_; }
  /// The next instance in turn that is none of `tried`. When it has tried them all: any but the
  /// last one of them, if there is another. nullptr when the service has no instance.
  Instance* pick(std::span<const Instance* const> tried = {});
  /// Attempts one exchange may make before it gives up connecting.
  std::size_t max_attempts() const;
  void close_idle();

 private:
  struct Member {
    std::unique_ptr<Instance> instance;
    std::int64_t weight;
    std::int64_t credit = 0;  ///< grows by the weight with each turn; the sum of all is 0
  };

  template <class Excluded>
  Member* next_in_turn(const Excluded& is_excluded);

  std::string name_;
  std::vector<Member> members_;
};

}  // namespace gateway::upstream
