// SPDX-License-Identifier: MIT
#include "upstream/service.h"

#include <string>
#include <vector>

#include "catch.h"
#include "loopback.h"

namespace gateway::upstream {
namespace {

ServiceConfig service_of(std::size_t instances) {
  ServiceConfig config{"users", {}};
  for (std::size_t i = 1; i <= instances; i++) {
    const auto port = static_cast<std::uint16_t>(8000 + i);
    config.instances.push_back({"http://127.0.0.1:" + std::to_string(port), "127.0.0.1", port, ""});
  }
  return config;
}

TEST_CASE("instances are picked in turn", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, service_of(3), around.instance_slots);
  CHECK(service.name() == "users");
  std::string picked;
  for (int i = 0; i < 7; i++) picked += service.pick()->url().back();
  CHECK(picked == "1231231");
}

TEST_CASE("a service without instances picks none", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, service_of(0), around.instance_slots);
  CHECK(service.pick() == nullptr);
  CHECK(service.max_attempts() == 0);
  service.close_idle();
}

TEST_CASE("an exchange tries each address once, but not more than eight", "[upstream]") {
  test::Surroundings around;
  std::vector<InstanceSlot> slots(12);
  CHECK(Service(around.context, service_of(1), slots.data()).max_attempts() == 1);
  CHECK(Service(around.context, service_of(3), slots.data()).max_attempts() == 3);
  CHECK(Service(around.context, service_of(12), slots.data()).max_attempts() == 8);
}

TEST_CASE("each instance has the slot of its place", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, service_of(3), around.instance_slots);
  service.pick();
  service.pick()->note_failure(Cause::UpstreamReset);
  CHECK(around.instance_slots[0].last_error == Cause::None);
  CHECK(around.instance_slots[1].last_error == Cause::UpstreamReset);
  CHECK(around.instance_slots[2].last_error == Cause::None);
}

TEST_CASE("the idle connections of every instance can be closed", "[upstream]") {
  test::Surroundings around;
  test::Origin origins[2];
  const ServiceConfig config{"users", {origins[0].config(), origins[1].config()}};
  Service service(around.context, config, around.instance_slots);
  for (test::Origin& origin : origins) {
    test::Journal journal;
    auto& connection = service.pick()->acquire(journal, {}, around.timeouts, /*fresh=*/false);
    test::run_until(around.loop, [&] { return journal.has("connected"); });
    const UniqueFd peer(origin.accept());
    connection.send("GET / HTTP/1.1\r\n\r\n", {}, /*end=*/true);
    const std::string_view response = "HTTP/1.1 204 x\r\n\r\n";
    REQUIRE(::send(peer.get(), response.data(), response.size(), 0) > 0);
    test::run_until(around.loop, [&] { return journal.has("end"); });
    CHECK(around.slot.upstream_connections == 1);
    service.close_idle();
    test::run_until(around.loop, [&] { return around.slot.upstream_connections == 0; });
  }
}

}  // namespace
}  // namespace gateway::upstream
