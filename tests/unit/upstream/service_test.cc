// SPDX-License-Identifier: MIT
#include "upstream/service.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "catch.h"
#include "loopback.h"

namespace gateway::upstream {
namespace {

ServiceConfig weighted(const std::vector<unsigned>& weights) {
  ServiceConfig config;
  config.name = "users";
  for (const unsigned weight : weights) {
    const auto port = static_cast<std::uint16_t>(8001 + config.instances.size());
    config.instances.push_back(
        {"http://127.0.0.1:" + std::to_string(port), "127.0.0.1", port, "", weight});
  }
  return config;
}

ServiceConfig service_of(std::size_t instances) {
  return weighted(std::vector<unsigned>(instances, 1));
}

std::string picks(Service& service, int turns) {
  std::string picked;
  for (int i = 0; i < turns; i++) picked += service.pick()->url().back();
  return picked;
}

TEST_CASE("instances are picked in turn", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, service_of(3), around.instances);
  CHECK(service.name() == "users");
  CHECK(picks(service, 7) == "1231231");
}

TEST_CASE("an instance gets turns as its weight says, evenly spread", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, weighted({5, 1, 1}), around.instances);
  CHECK(picks(service, 14) == "11213111121311");
  Service two(around.context, weighted({1, 2}), around.instances);
  CHECK(picks(two, 6) == "212212");
}

TEST_CASE("weights as large as they get do not overflow", "[upstream]") {
  test::Surroundings around;
  constexpr unsigned kMost = std::numeric_limits<unsigned>::max();
  Service service(around.context, weighted({kMost, kMost}), around.instances);
  CHECK(picks(service, 6) == "121212");
}

TEST_CASE("an instance that was tried is not picked while another is left", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, service_of(3), around.instances);
  std::vector<const Instance*> tried;
  std::string picked;
  for (int i = 0; i < 3; i++) {
    Instance* instance = service.pick(tried);
    picked += instance->url().back();
    tried.push_back(instance);
  }
  CHECK(picked == "123");
  CHECK(service.pick(tried) != tried.back());
}

TEST_CASE("the only instance is picked again although it was tried", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, service_of(1), around.instances);
  const Instance* tried[] = {service.pick()};
  CHECK(service.pick(tried) == tried[0]);
}

TEST_CASE("instances left out for one exchange do not lose their later turns", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, service_of(2), around.instances);
  const Instance* first[] = {service.pick()};
  for (int i = 0; i < 4; i++) CHECK(service.pick(first) != first[0]);
  const std::string later = picks(service, 6);
  CHECK(std::count(later.begin(), later.end(), '1') == 3);
}

TEST_CASE("a service without instances picks none", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, service_of(0), around.instances);
  CHECK(service.pick() == nullptr);
  CHECK(service.max_attempts() == 0);
  service.close_idle();
}

TEST_CASE("an exchange tries each address once, but not more than eight", "[upstream]") {
  test::Surroundings around;
  CHECK(Service(around.context, service_of(1), around.instances).max_attempts() == 1);
  CHECK(Service(around.context, service_of(3), around.instances).max_attempts() == 3);
  CHECK(Service(around.context, service_of(12), around.instances).max_attempts() == 8);
}

TEST_CASE("each instance has the state and the counters of its place", "[upstream]") {
  test::Surroundings around;
  Service service(around.context, service_of(3), around.instances);
  service.pick();
  service.pick()->note_failure(Cause::UpstreamReset, /*was_connected=*/true);
  CHECK(around.state(0).last_error == Cause::None);
  CHECK(around.state(1).last_error == Cause::UpstreamReset);
  CHECK(around.state(2).last_error == Cause::None);
  const auto reset = static_cast<std::size_t>(Cause::UpstreamReset);
  CHECK(around.counters(0).failures[reset].read() == 0);
  CHECK(around.counters(1).failures[reset].read() == 1);
}

TEST_CASE("the idle connections of every instance can be closed", "[upstream]") {
  test::Surroundings around;
  test::Origin origins[2];
  ServiceConfig config;
  config.instances = {origins[0].config(), origins[1].config()};
  Service service(around.context, config, around.instances);
  for (std::size_t i = 0; i < 2; i++) {
    test::Journal journal;
    auto& connection = service.pick()->acquire(journal, {}, around.timeouts, /*fresh=*/false);
    test::run_until(around.loop, [&] { return journal.has("connected"); });
    const UniqueFd peer(origins[i].accept());
    connection.send("GET / HTTP/1.1\r\n\r\n", {}, /*end=*/true);
    const std::string_view response = "HTTP/1.1 204 x\r\n\r\n";
    REQUIRE(::send(peer.get(), response.data(), response.size(), 0) > 0);
    test::run_until(around.loop, [&] { return journal.has("end"); });
    CHECK(around.open_connections(i) == 1);
    service.close_idle();
    test::run_until(around.loop, [&] { return around.open_connections(i) == 0; });
  }
}

}  // namespace
}  // namespace gateway::upstream
