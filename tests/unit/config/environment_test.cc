// SPDX-License-Identifier: MIT
#include "config/environment.h"

#include <string>
#include <utility>

#include "catch.h"
#include "config/load.h"
#include "util/text.h"

using namespace gateway;

namespace {

using Variables = std::vector<std::string_view>;

Config config_of(const Variables& environment) {
  auto loaded = load_environment(environment);
  REQUIRE(loaded);
  return loaded->config;
}

std::string error_of(const Variables& environment) {
  const auto loaded = load_environment(environment);
  REQUIRE_FALSE(loaded);
  return loaded.error().message;
}

/// Without the one about a missing service.
std::vector<std::string> warnings_of(Variables environment) {
  environment.push_back("SERVICE7_URL=http://a");
  const auto loaded = load_environment(environment);
  REQUIRE(loaded);
  return loaded->warnings;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("an empty environment gives the defaults and a warning", "[config]") {
  const auto loaded = load_environment({});
  REQUIRE(loaded);
  CHECK(loaded->config.listeners.at(0).host == "0.0.0.0");
  CHECK(loaded->config.listeners.at(0).port == 8000);
  CHECK(loaded->config.workers == 0);
  CHECK(loaded->config.services.empty());
  REQUIRE(loaded->warnings.size() == 1);
  CHECK(contains(loaded->warnings[0], "no service is configured"));
}

TEST_CASE("every variable reaches its place in the configuration", "[config]") {
  const Config config =
      config_of({"GATEWAY_HOST=127.0.0.1", "GATEWAY_PORT=9000", "GATEWAY_LOG_LEVEL=DEBUG",
                 "GATEWAY_WORKERS=3", "GATEWAY_MAX_BODY=1KiB"});
  CHECK(config.listeners.at(0).host == "127.0.0.1");
  CHECK(config.listeners.at(0).port == 9000);
  CHECK(config.logs.level == LogLevel::Debug);
  CHECK(config.workers == 3);
  CHECK(config.limits.request_body == 1024);
}

TEST_CASE("the host may be IPv6, with or without brackets, or localhost", "[config]") {
  CHECK(config_of({"GATEWAY_HOST=::"}).listeners.at(0).host == "::");
  CHECK(config_of({"GATEWAY_HOST=[::1]"}).listeners.at(0).host == "::1");
  CHECK(config_of({"GATEWAY_HOST=LocalHost"}).listeners.at(0).host == "127.0.0.1");
}

TEST_CASE("the timeout sets the patience with both sides", "[config]") {
  const Config config = config_of({"GATEWAY_TIMEOUT=60.5"});
  CHECK(config.timeouts.response_header == Milliseconds(60'500));
  CHECK(config.timeouts.idle == Milliseconds(60'500));
  CHECK(config.client.header == Milliseconds(60'500));
  CHECK(config.client.body == Milliseconds(60'500));
  CHECK(config.client.write == Milliseconds(60'500));
  CHECK(config.timeouts.request == kOff);
}

TEST_CASE("the timeout shortens connecting but never makes it longer", "[config]") {
  CHECK(config_of({"GATEWAY_TIMEOUT=60"}).timeouts.connect == Milliseconds(5000));
  CHECK(config_of({"GATEWAY_TIMEOUT=2"}).timeouts.connect == Milliseconds(2000));
}

TEST_CASE("limits can be switched off and workers left to the machine", "[config]") {
  CHECK(config_of({"GATEWAY_MAX_BODY=Off"}).limits.request_body == kUnlimited);
  CHECK(config_of({"GATEWAY_WORKERS=AUTO"}).workers == 0);
}

TEST_CASE("an empty or blank value means unset", "[config]") {
  const auto loaded = load_environment(Variables{
      "GATEWAY_PORT=", "GATEWAY_HOST= \t", "SERVICE1_URL=", "GATEWAY_UNKNOWN=", "SERVICE_1_URL="});
  REQUIRE(loaded);
  CHECK(loaded->config.listeners.at(0).port == 8000);
  CHECK(loaded->config.services.empty());
  CHECK(loaded->warnings.size() == 1);
}

TEST_CASE("blanks around a value are ignored", "[config]") {
  CHECK(config_of({"GATEWAY_PORT= 9000\r"}).listeners.at(0).port == 9000);
}

TEST_CASE("of a variable given twice the first counts", "[config]") {
  CHECK(config_of({"GATEWAY_PORT=1", "GATEWAY_PORT=2"}).listeners.at(0).port == 1);
  CHECK(config_of({"GATEWAY_PORT=", "GATEWAY_PORT=2"}).listeners.at(0).port == 8000);
}

TEST_CASE("services come with their route, in the order of their numbers", "[config]") {
  const Config config = config_of(
      {"SERVICE10_URL=http://ten", "SERVICE2_URL=unix:/two", "SERVICE1_URL=http://one:8001"});
  REQUIRE(config.services.size() == 3);
  CHECK(config.services[0].name == "service1");
  CHECK(config.services[1].name == "service2");
  CHECK(config.services[2].name == "service10");
  REQUIRE(config.services[0].instances.size() == 1);
  CHECK(config.services[0].instances[0].host == "one");
  CHECK(config.services[0].instances[0].port == 8001);
  CHECK(config.services[1].instances[0].unix_path == "/two");
  REQUIRE(config.routes.size() == 3);
  CHECK(config.routes[2].name == "service10");
  CHECK(config.routes[2].service == "service10");
  CHECK(config.routes[2].match.path_prefix == "/api/service10/");
  CHECK(config.routes[2].rewrite_prefix == "/api/");
}

TEST_CASE("services and routes have the patience and the limits of the defaults", "[config]") {
  const Config config =
      config_of({"SERVICE1_URL=http://one", "GATEWAY_TIMEOUT=7", "GATEWAY_MAX_BODY=1MiB"});
  REQUIRE(config.services.size() == 1);
  REQUIRE(config.routes.size() == 1);
  CHECK(config.services[0].timeouts.idle == Milliseconds(7000));
  CHECK(config.services[0].limits.request_body == 1U << 20);
  CHECK(config.routes[0].timeouts.idle == Milliseconds(7000));
  CHECK(config.routes[0].limits.request_body == 1U << 20);
}

TEST_CASE("a bad value is an error with variable, value and what is accepted", "[config]") {
  struct Row {
    std::string_view entry;
    std::string start, accepted;
  };
  const auto row = GENERATE(values<Row>({
      {"GATEWAY_HOST=example.com", "GATEWAY_HOST=\"example.com\": ", "numeric IPv4 or IPv6"},
      {"GATEWAY_PORT=65536", "GATEWAY_PORT=\"65536\": ", "from 0 to 65535"},
      {"GATEWAY_PORT=-1", "GATEWAY_PORT=\"-1\": ", "from 0 to 65535"},
      {"GATEWAY_TIMEOUT=0", "GATEWAY_TIMEOUT=\"0\": ", "from 0.1 to 86400"},
      {"GATEWAY_LOG_LEVEL=loud", "GATEWAY_LOG_LEVEL=\"loud\": ", "trace, debug, info"},
      {"GATEWAY_WORKERS=0", "GATEWAY_WORKERS=\"0\": ", "from 1 to 256"},
      {"GATEWAY_WORKERS=257", "GATEWAY_WORKERS=\"257\": ", "or auto"},
      {"GATEWAY_MAX_BODY=0", "GATEWAY_MAX_BODY=\"0\": ", "or off for no limit"},
      {"GATEWAY_MAX_BODY=10M", "GATEWAY_MAX_BODY=\"10M\": ", "such as 10MiB"},
      {"SERVICE3_URL=x:1", "SERVICE3_URL=\"x:1\": ", "http://host[:port] or unix:/path"},
  }));
  CAPTURE(row.entry);
  const std::string message = error_of({row.entry});
  CAPTURE(message);
  CHECK(message.starts_with(row.start));
  CHECK(contains(message, row.accepted));
}

TEST_CASE("all errors are reported at once, one a line", "[config]") {
  const std::string message = error_of({"GATEWAY_PORT=x", "SERVICE1_URL=https://a",
                                        "GATEWAY_TIMEOUT=nan", "SERVICE2_URL=http://good"});
  const auto lines = split(message, '\n');
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].starts_with("GATEWAY_PORT="));
  CHECK(lines[1].starts_with("GATEWAY_TIMEOUT="));
  CHECK(lines[2].starts_with("SERVICE1_URL="));
}

TEST_CASE("a line break in a value does not break the message's line", "[config]") {
  CHECK(split(error_of({"GATEWAY_PORT=1\n2"}), '\n').size() == 1);
}

TEST_CASE("a password in a URL is not repeated in the error", "[config]") {
  CHECK_FALSE(contains(error_of({"SERVICE1_URL=http://me:secret@host"}), "secret"));
}

TEST_CASE("a port that an orchestrator injected is explained", "[config]") {
  CHECK(contains(error_of({"GATEWAY_PORT=tcp://10.0.0.7:80"}),
                 "injects for a service named \"gateway\""));
}

TEST_CASE("an unknown variable is a warning that guesses what was meant", "[config]") {
  using Row = std::pair<std::string_view, std::string>;
  const auto row = GENERATE(values<Row>({
      {"GATEWAY_PORTS=1", "GATEWAY_PORTS is not a known variable; did you mean GATEWAY_PORT?"},
      {"GATEWAY_COLOUR=red", "GATEWAY_COLOUR is not a known variable"},
      {"SERVICE_1_URL=x", "SERVICE_1_URL is not used; did you mean SERVICE1_URL?"},
      {"SERVICE01_URL=x", "SERVICE01_URL is not used; did you mean SERVICE1_URL?"},
      {"SERVICE00_URL=x", "SERVICE00_URL is not used; did you mean SERVICE1_URL?"},
      {"SERVICE_URL=x", "SERVICE_URL is not used; did you mean SERVICE1_URL?"},
      {"service2_url=x", "service2_url is not used; did you mean SERVICE2_URL?"},
      {"SERVICE12URL=x", "SERVICE12URL is not used; did you mean SERVICE12_URL?"},
  }));
  CAPTURE(row.first);
  const auto warnings = warnings_of({row.first});
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] == row.second);
}

TEST_CASE("variables of others are none of our business", "[config]") {
  CHECK(warnings_of({"PATH=/bin", "HOME=/", "MY_SERVICE1_URL=x", "SERVICEX_URL=x", "URL=x",
                     "GATEWAY_SERVICE_HOST=10.0.0.7", "GATEWAY_SERVICE_PORT_HTTP=80",
                     "GATEWAY_PORT_80_TCP=tcp://10.0.0.7:80", "GATEWAY_PORT_80_TCP_ADDR=10.0.0.7",
                     "GATEWAY_UI_PORT=tcp://10.0.0.8:80", "no equals sign"})
            .empty());
}
