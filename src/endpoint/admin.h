// SPDX-License-Identifier: MIT
//
// Admin: answers what comes in by the admin listener. Nothing of it is forwarded, logged or
// counted: looking at the numbers does not change them.
#pragma once

#include "endpoint/registry.h"
#include "http/exchange.h"

namespace gateway::endpoint {

class Admin : public http::Handler {
 public:
  explicit Admin(const EndpointContext& context) : registry_(context, admin_endpoints()) {}

  void on_request(http::Exchange& exchange) override;

 private:
  Registry registry_;
};

}  // namespace gateway::endpoint
