// SPDX-License-Identifier: MIT
#include "config/load.h"

#include <string>
#include <vector>

#include "catch.h"
#include "config/report.h"
#include "config/scratch_files.h"

using namespace gateway;

namespace {

Config config_of(const std::string& text, const Variables& variables = {}) {
  const auto loaded = Files().load(text, variables);
  if (!loaded) FAIL(loaded.error().message);
  return loaded->config;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string error_of(const std::string& text, const Variables& variables = {}) {
  return Files().error(text, variables);
}

/// A file with one service and one route that has `more` in it.
std::string with_route(const std::string& more) {
  return "{\"services\": {\"a\": {\"instances\": [{\"url\": \"http://a\"}]}},\n"
         " \"routes\": [{\"match\": {\"path_prefix\": \"/a/\"}, " +
         more + "}]}";
}

}  // namespace

TEST_CASE("an empty object is the built-in configuration", "[config]") {
  const auto loaded = Files().load("{}");
  REQUIRE(loaded);
  CHECK(loaded->config.listeners.at(0).port == 8000);
  REQUIRE(loaded->warnings.size() == 1);
  CHECK(contains(loaded->warnings[0], "no service is configured"));
}

TEST_CASE("every setting reaches its place", "[config]") {
  const Config config = config_of(R"({
    "version": 1, "$schema": "s", "workers": 3, "user": "u", "group": "g", "max_connections": 9,
    "listeners": [{"name": "public", "address": "[::1]:81", "trusted_proxies": ["10.0.0.0/8"]},
                  {"address": "unix:/run/x.sock"}],
    "admin": {"address": "[::1]:9090"},
    "logs": {"access": {"output": "off", "fields": ["path", "referer"],
                        "redact": {"query": ["pin"]}}, "error": {"output": "stdout", "level": "debug"}},
    "client": {"header": "1s", "body": "2s", "keep_alive": "3s", "write": "4s",
               "half_close": "0s"},
    "limits": {"head": "16KiB", "header_fields": 50, "target": 4096},
    "pool": {"max_idle": 7, "idle_timeout": "1m"},
    "shutdown": {"drain_timeout": "5s"},
    "reload": {"drain_timeout": "off", "max_draining_generations": 2},
    "defaults": {"timeouts": {"connect": "1s", "response_header": "2s", "idle": "3s",
                              "request": "4s", "tunnel_idle": "5s"},
                 "limits": {"request_body": "off"}, "server_timing": true}})");
  CHECK(config.server_timing);
  CHECK(config.workers == 3);
  CHECK(config.user == "u");
  CHECK(config.group == "g");
  CHECK(config.max_connections == 9);
  REQUIRE(config.listeners.size() == 2);
  CHECK(config.listeners[0].host == "::1");
  CHECK(config.listeners[0].port == 81);
  REQUIRE(config.listeners[0].trusted_proxies.size() == 1);
  CHECK(config.listeners[0].trusted_proxies[0].contains("10.1.2.3"));
  CHECK(config.listeners[1].unix_path == "/run/x.sock");
  REQUIRE(config.admin);
  CHECK(config.admin->host == "::1");
  CHECK(config.admin->port == 9090);
  CHECK(config.logs.access == "off");
  CHECK(config.logs.access_fields ==
        std::vector<AccessField>{AccessField::Path, AccessField::Referer});
  CHECK(config.logs.redact_query == std::vector<std::string>{"pin"});
  CHECK(config.logs.error == "stdout");
  CHECK(config.logs.level == LogLevel::Debug);
  CHECK(config.client.header == Milliseconds(1000));
  CHECK(config.client.half_close == Milliseconds(0));
  CHECK(config.limits.head == 16 << 10);
  CHECK(config.limits.header_fields == 50);
  CHECK(config.limits.target == 4096);
  CHECK(config.limits.request_body == kUnlimited);
  CHECK(config.pool.max_idle == 7);
  CHECK(config.shutdown_drain_timeout == Milliseconds(5000));
  CHECK(config.reload_drain_timeout == kOff);
  CHECK(config.max_draining_generations == 2);
  CHECK(config.timeouts.tunnel_idle == Milliseconds(5000));
}

TEST_CASE("timeouts and limits go from the defaults to services to routes", "[config]") {
  const Config config = config_of(R"({
    "routes": [{"match": {"path_prefix": "/a/"}, "service": "a", "timeouts": {"idle": "3s"}},
               {"match": {"path_prefix": "/b/"}, "service": "b"}],
    "services": {"a": {"instances": [{"url": "http://a"}], "timeouts": {"connect": "2s"},
                       "limits": {"request_body": "2MiB"}},
                 "b": {"instances": [{"url": "http://b", "weight": 3}]}},
    "defaults": {"timeouts": {"connect": "1s", "request": "9s"},
                 "limits": {"request_body": "1MiB"}}})");
  const RouteConfig& a = config.routes.at(0);
  CHECK(a.timeouts.connect == Milliseconds(2000));
  CHECK(a.timeouts.idle == Milliseconds(3000));
  CHECK(a.timeouts.request == Milliseconds(9000));
  CHECK(a.limits.request_body == 2 << 20);
  const RouteConfig& b = config.routes.at(1);
  CHECK(b.timeouts.connect == Milliseconds(1000));
  CHECK(b.timeouts.idle == Timeouts().idle);
  CHECK(b.limits.request_body == 1 << 20);
  CHECK(config.services.at(1).instances.at(0).weight == 3);
}

TEST_CASE("server_timing goes from the defaults to services to routes", "[config]") {
  const std::string text = R"({"defaults": {"server_timing": true},
    "services": {"a": {"instances": [{"url": "http://a"}]},
                 "b": {"instances": [{"url": "http://b"}], "server_timing": false}},
    "routes": [{"match": {"path_prefix": "/a/"}, "service": "a"},
               {"match": {"path_prefix": "/b/"}, "service": "b"},
               {"match": {"path_prefix": "/c/"}, "service": "b", "server_timing": true}]})";
  const Config config = config_of(text, {"SERVICE7_URL=http://seven"});
  CHECK(config.routes.at(0).server_timing);
  CHECK_FALSE(config.routes.at(1).server_timing);
  CHECK(config.routes.at(2).server_timing);
  CHECK(config.routes.at(3).server_timing);
  CHECK_FALSE(config_of("{}", {"SERVICE1_URL=http://a"}).routes.at(0).server_timing);
  const Files files;
  const std::string shown = effective_text(*files.load(text));
  const std::string b = shown.substr(shown.find("/b/"));
  CHECK(contains(b.substr(0, b.find("/c/")),
                 "\"server_timing\": false,  // " + files.path("gateway.json") + ":3\n"));
}

TEST_CASE("\"default\" in a list of the log stands for what is built in", "[config]") {
  const auto logs = [](const std::string& text) {
    return config_of("{\"logs\": {\"access\": {" + text + "}}}").logs;
  };
  const LogConfig built_in;
  auto fields = built_in.access_fields;
  CHECK(logs("").access_fields == fields);
  CHECK(logs(R"("fields": ["default"])").access_fields == fields);
  fields.insert(fields.begin(), AccessField::Host);
  fields.push_back(AccessField::UserAgent);
  CHECK(logs(R"("fields": ["host", "default", "user_agent"])").access_fields == fields);
  auto names = built_in.redact_query;
  CHECK(logs("").redact_query == names);
  CHECK(logs(R"("redact": {"query": []})").redact_query.empty());
  names.push_back("pin");
  CHECK(logs(R"("redact": {"query": ["default", "pin"]})").redact_query == names);
}

TEST_CASE("a route says what it matches and what it does", "[config]") {
  const Config config = config_of(R"({
    "services": {"a": {"instances": [{"url": "http://a"}]}},
    "routes": [
      {"name": "one", "match": {"path_prefix": "/a/", "host": "A.Example", "methods": ["GET"]},
       "service": "a", "rewrite": {"path_prefix": "/"}, "preserve_host": true,
       "headers": {"request": {"set": {"X-A": "1"}, "add": {"X-B": "2"}, "remove": ["X-C"]},
                   "response": {"remove": ["Server"]}}},
      {"match": {"path_prefix": "/b/", "hosts": ["*.b", "127.0.0.1"]},
       "response": {"status": 410, "content_type": "text/html", "body": "gone"}},
      {"match": {"path_prefix": "/c/"},
       "redirect": {"status": 302, "location": "/a/", "keeps_path": true}},
      {"match": {"path_prefix": "/d/"}, "service": "a"}]})");
  const RouteConfig& one = config.routes.at(0);
  CHECK(one.match.hosts == std::vector<std::string>{"a.example"});
  CHECK(one.match.methods == std::vector<std::string>{"GET"});
  CHECK(one.rewrite_prefix == "/");
  CHECK(one.preserve_host);
  CHECK(one.request_headers.set.at(0).value.text == "1");
  CHECK(one.request_headers.add.at(0).name == "X-B");
  CHECK(one.request_headers.remove.at(0) == "X-C");
  CHECK(one.response_headers.remove.at(0) == "Server");
  CHECK(config.routes[1].name == "route-2");
  CHECK(config.routes[1].match.hosts.size() == 2);
  CHECK(config.routes[1].response->status == 410);
  CHECK(config.routes[1].response->body == "gone");
  CHECK(config.routes[2].redirect->location == "/a/");
  CHECK(config.routes[2].redirect->keeps_path);
  CHECK(config.routes[3].rewrite_prefix == "/d/");
}

TEST_CASE("a wrong value is an error with its place and what is accepted", "[config]") {
  struct Row {
    std::string text, start, part;
  };
  const auto row = GENERATE(values<Row>({
      {"{\n \"wrokers\": 1}", "gateway.json:2:2: /wrokers: ", "did you mean \"workers\"?"},
      {R"({"workers": 0})", "gateway.json:1:13: /workers: ", "from 1 to 256 or \"auto\""},
      {R"({"workers": "4"})", "gateway.json:1:13: /workers: ", "from 1 to 256"},
      {R"({"version": 2})", "gateway.json:1:13: /version: ", "from 1 to 1"},
      {R"({"client": {"header": 30}})", "gateway.json:1:23: /client/header: ", "write \"30s\""},
      {R"({"client": {"header": "30"}})", "gateway.json:1:23: /client/header: ", "\"30ms\""},
      {R"({"client": {"header": "0s"}})", "gateway.json:1:23: /client/header: ", "at least 1ms"},
      {R"({"client": []})", "gateway.json:1:12: /client: ", "expected an object, not an array"},
      {R"({"limits": {"head": "1GiB"}})", "gateway.json:1:21: /limits/head: ", "to 256KiB"},
      {R"({"limits": {"head": 1024, "target": 2048}})",
       "gateway.json:1:37: /limits/target: ", "larger than the whole head"},
      {R"({"listeners": []})", "gateway.json:1:15: /listeners: ", "at least one"},
      {R"({"listeners": [{}]})", "gateway.json:1:16: /listeners/0: ", "\"address\" is missing"},
      {R"({"listeners": [{"address": "a:b"}]})",
       "gateway.json:1:28: /listeners/0/address: ", "is not an address"},
      {R"({"logs": {"error": {"level": "wran"}}})",
       "gateway.json:1:30: /logs/error/level: ", "expected trace, debug"},
      {R"({"logs": {"access": {"fields": []}}})",
       "gateway.json:1:32: /logs/access/fields: ", "at least one field"},
      {R"({"logs": {"access": {"fields": "path"}}})",
       "gateway.json:1:32: /logs/access/fields: ", "expected an array"},
      {R"({"logs": {"access": {"fields": ["path", 1]}}})",
       "gateway.json:1:41: /logs/access/fields/1: ", "the name of a field, not a number"},
      {R"({"logs": {"access": {"fields": ["path", "usr_agent"]}}})",
       "gateway.json:1:41: /logs/access/fields/1: ", "did you mean \"user_agent\"?"},
      {R"({"logs": {"access": {"fields": ["defualt"]}}})",
       "gateway.json:1:33: /logs/access/fields/0: ", "did you mean \"default\"?"},
      {R"({"logs": {"access": {"fields": ["path", "method", "path"]}}})",
       "gateway.json:1:51: /logs/access/fields/2: ", "the field \"path\" is there twice"},
      {R"({"logs": {"access": {"fields": ["default", "path"]}}})",
       "gateway.json:1:44: /logs/access/fields/1: ", "twice: \"default\" has it"},
      {R"({"logs": {"access": {"fields": ["path", "default"]}}})",
       "gateway.json:1:41: /logs/access/fields/1: ", "\"path\" is there twice: \"default\" has it"},
      {R"({"logs": {"access": {"redact": {"query": ["token", "_"]}}}})",
       "gateway.json:1:52: /logs/access/redact/query/1: ", "a letter or digit"},
      {R"({"logs": {"access": {"redact": {"query": [""]}}}})",
       "gateway.json:1:43: /logs/access/redact/query/0: ", "not an empty one"},
      {R"({"logs": {"access": {"redact": {"qeury": []}}}})",
       "gateway.json:1:33: /logs/access/redact/qeury: ", "did you mean \"query\"?"},
      {R"({"services": {"A": {"instances": [{"url": "http://a"}]}}})",
       "gateway.json:1:15: /services/A: ", "[a-z0-9_-]{1,63}"},
      {R"({"services": {"a": {"instances": [{"url": "http://a"}]}}})",
       "gateway.json:1:20: /services/a: ", "no route uses this service"},
      {R"({"services": {"a": {"instances": [{"url": "https://a"}]}}})",
       "gateway.json:1:43: /services/a/instances/0/url: ", "https is not supported yet"},
      {"[]", "gateway.json:1:1: ", "expected an object, not an array"},
  }));
  CAPTURE(row.text);
  const std::string line = first_line(error_of(row.text));
  CHECK(line.substr(0, row.start.size()) == row.start);
  CHECK(contains(line, row.part));
}

TEST_CASE("a wrong route is an error with its place and what is accepted", "[config]") {
  struct Row {
    std::string route, pointer, part;
  };
  const auto row = GENERATE(values<Row>({
      {R"("service": "aa")", "/routes/0/service: ", "did you mean \"a\"?"},
      {R"("name": "x")", "/routes/0: ", "has none"},
      {R"("service": "a", "response": {})", "/routes/0: ", "has several"},
      {R"("response": {}, "rewrite": {"path_prefix": "/"})", "/routes/0/rewrite: ", "no effect"},
      {R"("service": "a", "rewrite": {"path_prefix": "x"})",
       "/routes/0/rewrite/path_prefix: ", "\"/x/\""},
      {R"("service": "a", "name": "A b")", "/routes/0/name: ", "[a-z0-9_-]"},
      {R"("response": {}, "server_timing": true)", "/routes/0/server_timing: ", "no effect"},
      {R"("service": "a", "server_timing": 1)", "/routes/0/server_timing: ", "true or false"},
      {R"("service": "a", "preserve_host": "yes")", "/routes/0/preserve_host: ", "true or false"},
      {R"("service": "a", "headers": {"request": {"set": {"Host": "x"}}})",
       "/routes/0/headers/request/set/Host: ", "preserve_host"},
      {R"("service": "a", "headers": {"request": {"set": {"X-A": "1", "x-a": "2"}}})",
       "/routes/0/headers/request/set/x-a: ", "here already"},
      {R"("response": {"status": 204, "body": "x"})", "/routes/0/response: ", "has no body"},
      {R"("redirect": {"location": "/", "status": 309})", "/routes/0/redirect/status: ", "308"},
      {R"("redirect": {"location": "/x?y", "keeps_path": true})",
       "/routes/0/redirect: ", "no query"},
      {R"("redirect": {})", "/routes/0/redirect: ", "\"location\" is missing"},
  }));
  CAPTURE(row.route);
  const std::string line = first_line(error_of(with_route(row.route)));
  CHECK(contains(line, row.pointer));
  CHECK(contains(line, row.part));
}

TEST_CASE("a list of the log that is far too long is refused, not read to its end", "[config]") {
  const auto list = [](const std::string& name, int count) {
    std::string text = "[";
    for (int i = 0; i < count; i++) text += (i > 0 ? ",\"" : "\"") + name + "\"";
    return text + "]";
  };
  const std::string fields =
      error_of("{\"logs\": {\"access\": {\"fields\": " + list("path", 5000) + "}}}");
  CHECK(contains(fields, "/logs/access/fields/29: "));
  CHECK_FALSE(contains(fields, "/logs/access/fields/30: "));
  CHECK(contains(error_of("{\"logs\": {\"access\": {\"redact\": {\"query\": " +
                          list("default", 1001) + "}}}}"),
                 "/logs/access/redact/query: expected at most 1000 names"));
}

TEST_CASE("all problems are reported at once, in the order of the file", "[config]") {
  const std::string error =
      error_of("{\"workers\": 0,\n\"clent\": 1,\n\"routes\": [{\"service\": \"x\"}]}",
               {"GATEWAY_PORT=http", "SERVICE1_URL=ftp://x"});
  const std::size_t workers = error.find("gateway.json:1:13: /workers");
  const std::size_t client = error.find("gateway.json:2:1: /clent");
  const std::size_t match = error.find("gateway.json:3:12: /routes/0: the key \"match\"");
  const std::size_t service = error.find("/routes/0/service: no service is named \"x\"");
  const std::size_t port = error.find("GATEWAY_PORT=\"http\"");
  const std::size_t url = error.find("SERVICE1_URL=\"ftp://x\"");
  CHECK(workers < client);
  CHECK(client < match);
  CHECK(match < service);
  CHECK(service < port);
  CHECK(port < url);
  CHECK(url != std::string::npos);
}

TEST_CASE("two routes cannot match the same requests", "[config]") {
  const auto error = [](const std::string& a, const std::string& b) {
    return error_of("{\"routes\": [{\"name\": \"a\", \"match\": {\"path_prefix\": \"/\"" + a +
                    "}, \"response\": {}},\n{\"match\": {\"path_prefix\": \"/\"" + b +
                    "}, \"response\": {}}]}");
  };
  const std::string same = error("", "");
  CHECK(contains(same,
                 "gateway.json:2:11: /routes/1/match: this route is never used: route \"a\" "
                 "(gateway.json:1) matches the same requests"));
  CHECK(contains(error(R"(, "hosts": ["x", "y"])", R"(, "host": "Y")"), "never used"));
  CHECK(contains(error(R"(, "hosts": ["x", "y"])", R"(, "hosts": ["y", "z"])"), "ambiguous"));
  CHECK(contains(error("", R"(, "methods": ["GET", "GET"])"), "named twice"));
  CHECK(Files().load(R"({"routes": [
    {"match": {"path_prefix": "/", "host": "x"}, "response": {}},
    {"match": {"path_prefix": "/", "host": "x", "methods": ["PUT"]}, "response": {}},
    {"match": {"path_prefix": "/"}, "response": {}}]})"));
}

TEST_CASE("names, addresses and instances are there once", "[config]") {
  CHECK(contains(error_of(R"({"listeners": [{"address": "0.0.0.0:1"}, {"address": "0.0.0.0:1"}]})"),
                 "/listeners/1/address: another listener"));
  CHECK(contains(error_of(R"({"routes": [
    {"name": "a", "match": {"path_prefix": "/a/"}, "response": {}},
    {"name": "a", "match": {"path_prefix": "/b/"}, "response": {}}]})"),
                 "/routes/1/name: another route has the name \"a\" (gateway.json:2)"));
  CHECK(contains(error_of(R"({"services": {"a": {"instances": [
    {"url": "http://a"}, {"url": "http://a"}]}}})"),
                 "/services/a/instances/1/url: another instance"));
}

TEST_CASE("variables in strings are expanded after parsing", "[config]") {
  const Variables variables{"X=9000\", \"y\": \"", "P=9000", "W=2", "E=", "B=true"};
  CHECK(config_of(R"({"listeners": [{"address": "${H:-127.0.0.1}:${P}"}]})", variables)
            .listeners.at(0)
            .port == 9000);
  CHECK(config_of(R"({"workers": "${W}"})", variables).workers == 2);
  CHECK(config_of(R"({"workers": "${E:-auto}"})", variables).workers == 0);
  CHECK(config_of(R"({"user": "$${W}$W"})", variables).user == "${W}$W");
  CHECK(config_of(R"({"user": "${X}"})", variables).user == "9000\", \"y\": \"");
  CHECK(config_of(with_route(R"("service": "a", "preserve_host": "${B}")"), variables)
            .routes.at(0)
            .preserve_host);
  const std::string unset = error_of("{\"user\":\n \"${NOPE}\"}", variables);
  CHECK(contains(unset, "gateway.json:2:2: /user: the environment variable \"NOPE\" is not set"));
  CHECK(contains(error_of(R"({"user": "a${W"})", variables), "${ without its }"));
}

TEST_CASE("included files are united in the order of their names", "[config]") {
  const Files files;
  files.write("conf.d/b.json", R"({"routes": [{"name": "b", "match": {"path_prefix": "/b/"},
    "service": "s"}], "logs": {"access": {"output": "access.log"}}})");
  files.write("conf.d/a.json", R"({"services": {"s": {"instances": [{"url": "http://s"}]}},
    "routes": [{"name": "a", "match": {"path_prefix": "/a/"}, "response": {}}]})");
  files.write("conf.d/c.txt", "not JSON");
  const auto loaded = files.load(R"({"include": ["conf.d/*.json", "none.d/*.json"],
    "logs": {"error": {"level": "debug"}}})");
  REQUIRE(loaded);
  REQUIRE(loaded->config.routes.size() == 2);
  CHECK(loaded->config.routes[0].name == "a");
  CHECK(loaded->config.routes[1].service == "s");
  CHECK(loaded->config.logs.level == LogLevel::Debug);
  CHECK(loaded->config.logs.access == files.path("conf.d/access.log"));
}

TEST_CASE("what is in two files is an error that names both", "[config]") {
  const Files files;
  files.write("a.json", "{\"workers\": 2,\n\"services\": {\"s\": {\"instances\": []}}}");
  const std::string error = files.error(
      "{\"include\": [\"a.json\"], \"workers\": 1,\n"
      "\"services\": {\"s\": {\"instances\": [{\"url\": \"http://s\"}]}}}");
  CHECK(contains(error, "a.json:1:2: /workers: is in "));
  CHECK(contains(error, "gateway.json:1 already"));
  CHECK(contains(error, "a.json:2:14: /services/s: is in "));
  CHECK(contains(error, "gateway.json:2 already"));
  CHECK(contains(files.error(R"({"include": ["none.json"]})"),
                 "gateway.json:1:14: /include: cannot read none.json: No such file"));
  files.write("nested.json", R"({"include": ["a.json"]})");
  CHECK(contains(files.error(R"({"include": ["nested.json"]})"),
                 "nested.json:1:2: /include: an included file cannot include others"));
}

TEST_CASE("the environment overrides the file", "[config]") {
  const std::string file = R"({
    "listeners": [{"address": "unix:/x"}, {"address": "127.0.0.1:2"}], "workers": 2,
    "logs": {"error": {"level": "error"}},
    "defaults": {"timeouts": {"connect": "2s", "idle": "9s"}, "limits": {"request_body": 1}},
    "services": {"service1": {"instances": [{"url": "http://a"}, {"url": "http://b"}],
                              "timeouts": {"idle": "8s"}}},
    "routes": [{"match": {"path_prefix": "/one/"}, "service": "service1"}]})";
  const Config config = config_of(
      file, {"GATEWAY_PORT=9", "GATEWAY_WORKERS=1", "GATEWAY_LOG_LEVEL=info", "GATEWAY_TIMEOUT=3",
             "GATEWAY_MAX_BODY=off", "SERVICE1_URL=http://env", "SERVICE2_URL=http://two"});
  CHECK(config.listeners.at(0).host == "0.0.0.0");
  CHECK(config.listeners.at(0).port == 9);
  CHECK(config.listeners.at(0).unix_path.empty());
  CHECK(config.listeners.at(1).port == 2);
  CHECK(config.workers == 1);
  CHECK(config.logs.level == LogLevel::Info);
  REQUIRE(config.services.size() == 2);
  REQUIRE(config.services[0].instances.size() == 1);
  CHECK(config.services[0].instances[0].host == "env");
  REQUIRE(config.routes.size() == 2);
  CHECK(config.routes[0].timeouts.connect == Milliseconds(2000));
  CHECK(config.routes[0].timeouts.idle == Milliseconds(8000));
  CHECK(config.routes[0].timeouts.response_header == Milliseconds(3000));
  CHECK(config.routes[0].limits.request_body == kUnlimited);
  CHECK(config.routes[1].match.path_prefix == "/api/service2/");
  CHECK(config.routes[1].timeouts.idle == Milliseconds(3000));
}

TEST_CASE("what the file says in vain is told with its line", "[config]") {
  const Files files;
  const std::string file = R"({
    "workers": 2,
    "services": {"service1": {"instances": [{"url": "http://a"}]}},
    "routes": [{"match": {"path_prefix": "/one/"}, "service": "service1"}]})";
  const auto loaded =
      files.load(file, {"GATEWAY_WORKERS=1", "GATEWAY_PORT=9", "SERVICE1_URL=http://b"});
  REQUIRE(loaded);
  REQUIRE(loaded->overridden.size() == 2);
  CHECK(contains(loaded->overridden[0],
                 "gateway.json:2: /workers has no effect: the variable GATEWAY_WORKERS is set"));
  CHECK(contains(loaded->overridden[1],
                 "gateway.json:3: /services/service1/instances has no effect"));
  CHECK(files.load(file, {})->overridden.empty());
}

TEST_CASE("a file's route may lead to a service of the environment", "[config]") {
  const Config config =
      config_of(R"({"routes": [{"match": {"path_prefix": "/x/"}, "service": "service7"}]})",
                {"SERVICE7_URL=http://seven"});
  REQUIRE(config.routes.size() == 1);
  CHECK(config.services.at(0).name == "service7");
}

TEST_CASE("without a name the file of the installation is read, if it exists", "[config]") {
  CHECK(std::string_view(kDefaultConfigFile).ends_with("/api-gateway/gateway.json"));
  const Files files;
  files.write("default.json", R"({"workers": 3})");
  files.write("named.json", R"({"workers": 4})");
  const auto workers = [&](const std::string& file, const std::string& default_file) {
    const auto loaded = load_config(file, {}, files.path(default_file));
    return loaded ? static_cast<int>(loaded->config.workers) : -1;
  };
  CHECK(workers("", "default.json") == 3);
  CHECK(workers("", "none.json") == 0);
  CHECK(workers(files.path("named.json"), "default.json") == 4);
  CHECK(workers(files.path("none.json"), "default.json") == -1);
  files.write("default.json", "{");
  CHECK(workers("", "default.json") == -1);
  CHECK(workers("", "default.json/x") == 0);
  std::filesystem::create_symlink("loop.json", files.path("loop.json"));
  CHECK(workers("", "loop.json") == -1);
}

TEST_CASE("the file that is read is told by its absolute name", "[config]") {
  const Files files;
  files.write("default.json", "{}");
  CHECK(config_file("", files.path("default.json")) == files.path("default.json"));
  CHECK(config_file("", files.path("none.json")).empty());
  CHECK(config_file("/a/../b//x.json", files.path("default.json")) == "/b/x.json");
  CHECK(config_file("x.json") == (std::filesystem::current_path() / "x.json").string());
  std::filesystem::create_symlink("default.json", files.path("link.json"));
  CHECK(config_file(files.path("link.json")) == files.path("link.json"));
}

TEST_CASE("a file that cannot be read is an error", "[config]") {
  const Files files;
  const auto missing = load_config(files.path("none.json"), {});
  REQUIRE_FALSE(missing);
  CHECK(contains(missing.error().message, "No such file"));
  const auto directory = load_config(files.path(""), {});
  REQUIRE_FALSE(directory);
  CHECK(contains(directory.error().message, "not a regular file"));
}

TEST_CASE("the effective configuration says where each value is from", "[config]") {
  const Files files;
  const auto loaded = files.load(R"({"client": {"header": "1m30s"},
    "defaults": {"timeouts": {"idle": "9s"}},
    "services": {"a": {"instances": [{"url": "http://a"}],
                       "timeouts": {"connect": "1s"}}},
    "routes": [{"match": {"path_prefix": "/a/", "host": "x"}, "service": "a"},
               {"match": {"path_prefix": "/b/"}, "redirect": {"location": "/a/"}}]})",
                                 {"GATEWAY_WORKERS=7"});
  REQUIRE(loaded);
  const std::string text = effective_text(*loaded);
  const std::string name = files.path("gateway.json");
  CHECK(contains(text, "\"workers\": 7,  // environment GATEWAY_WORKERS\n"));
  CHECK(contains(text, "\"header\": \"1m30s\",  // " + name + ":1\n"));
  CHECK(contains(text, "\"write\": \"30s\",  // built-in\n"));
  const std::string route = text.substr(text.find("\"routes\""));
  CHECK(contains(route, "\"connect\": \"1s\",  // " + name + ":4\n"));
  CHECK(contains(route, "\"idle\": \"9s\",  // " + name + ":2\n"));
  CHECK(contains(route, "\"hosts\": [\"x\"]  // " + name + ":5\n"));

  const auto again = files.load(text);
  if (!again) FAIL(again.error().message);
  CHECK(again->config.workers == 7);
  CHECK(again->config.routes.at(0).timeouts.idle == Milliseconds(9000));
}

TEST_CASE("the schema has every key and what is required", "[config]") {
  const std::string schema = schema_text();
  for (const char* key : {"\"$schema\"", "\"max_draining_generations\"", "\"keeps_path\"",
                          "\"weight\"", "\"additionalProperties\": false", "\"oneOf\""}) {
    CAPTURE(key);
    CHECK(contains(schema, key));
  }
}

TEST_CASE("the admin listener is for this machine only", "[config]") {
  const auto admin = [](const std::string& address) {
    return "{\"admin\": {\"address\": \"" + address + "\"}}";
  };
  CHECK_FALSE(config_of("{}").admin);
  CHECK(config_of(admin("127.0.0.1:0")).admin->host == "127.0.0.1");
  CHECK(config_of(admin("127.1.2.3:9")).admin->port == 9);
  CHECK(config_of(admin("unix:/run/a.sock")).admin->unix_path == "/run/a.sock");
  CHECK(config_of(admin("unix:a.sock")).admin->unix_path == "a.sock");
  for (const char* address : {"0.0.0.0:9090", "[::]:9090", "10.0.0.1:9090", "192.0.2.7:9090"}) {
    INFO(address);
    const std::string error = error_of(admin(address));
    CHECK(contains(error, "/admin/address: "));
    CHECK(contains(error, "can be reached from other machines"));
    CHECK(contains(error, "use a loopback address such as 127.0.0.1:9090 or a unix socket"));
  }
  CHECK(contains(error_of(admin("unix:")), "must be absolute"));
  CHECK(contains(error_of(admin("localhost:9090")), "localhost:9090"));
  CHECK(contains(error_of("{\"admin\": {}}"), "the key \"address\" is missing"));
  CHECK(contains(error_of("{\"admin\": {\"adress\": \"127.0.0.1:1\"}}"), "did you mean"));
}

TEST_CASE("the admin listener has an address of its own", "[config]") {
  const auto both = [](const std::string& address) {
    return "{\"listeners\": [{\"address\": \"" + address + "\"}], \"admin\": {\"address\": \"" +
           address + "\"}}";
  };
  CHECK(
      contains(error_of(both("127.0.0.1:81")), "/admin/address: a listener has the same address"));
  CHECK(contains(error_of(both("unix:/s")), "a listener has the same address"));
  CHECK(config_of(both("127.0.0.1:0")).admin);
}
