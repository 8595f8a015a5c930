// SPDX-License-Identifier: MIT
#include "config/validate.h"

#include "catch.h"

using namespace gateway;

TEST_CASE("the instances of all services together have a limit", "[config]") {
  Config config;
  config.services.resize(2);
  config.services[0].instances.resize(kMaxInstances - 1);
  config.services[1].instances.resize(1);
  CHECK(validate(config));
  config.services[1].instances.resize(2);
  const Status status = validate(config);
  REQUIRE_FALSE(status);
  CHECK(status.error().message ==
        "the services have 4097 instances together, at most 4096 are supported");
}
