// SPDX-License-Identifier: MIT
//
// Config: the whole configuration as plain structs. Defaults live here and nowhere else.
//
// Environment and file fill the same structs. A Config is immutable once a generation of
// workers was started from it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "config/secret_names.h"
#include "util/access_field.h"
#include "util/duration.h"
#include "util/log_level.h"
#include "util/network.h"

namespace gateway {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

/// A limit that is never reached.
inline constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// Patience with services.
struct Timeouts {
  Milliseconds connect = 5s;           ///< name lookup and connect together
  Milliseconds response_header = 30s;  ///< request sent until the response head is complete
  Milliseconds idle = 30s;             ///< silence within a body
  Milliseconds request = kOff;         ///< the whole exchange
  Milliseconds tunnel_idle = 1h;       ///< silence of both sides of an upgraded connection
};

/// Patience with clients.
struct ClientTimeouts {
  Milliseconds header = 30s;      ///< first byte of a request until its head is complete
  Milliseconds body = 30s;        ///< between two reads of a request body
  Milliseconds keep_alive = 60s;  ///< idle between requests
  Milliseconds write = 30s;       ///< between two successful writes of an answer
  Milliseconds half_close = 2s;   ///< grace for the answer after the client's FIN
};

struct Limits {
  std::uint64_t request_body = 10ULL << 20;  ///< bytes, kUnlimited = off
  std::size_t head = 32 << 10;               ///< bytes of request line and all header lines
  std::size_t header_fields = 100;
  std::size_t target = 8 << 10;
  std::size_t high_water = 128 << 10;  ///< bytes queued per direction before the sender is paused
  std::size_t low_water = 32 << 10;    ///< bytes queued at which it is resumed
};

struct PoolConfig {
  std::size_t max_idle = 64;  ///< connections per instance and worker
  Milliseconds idle_timeout = 60s;
};

struct ListenerConfig {
  std::string host = "0.0.0.0";  ///< numeric IPv4 or IPv6 address, no brackets; empty: unix_path
  std::uint16_t port = 8000;     ///< 0: the kernel picks one, named in the "listening" log line
  std::string unix_path;
  std::vector<Network> trusted_proxies;  ///< whose X-Forwarded-* are believed and appended to
  std::string name;                      ///< for people, may be empty
};

/// One address of a service: TCP (name or numeric address) or a unix socket.
struct InstanceConfig {
  std::string url;   ///< as configured, for people
  std::string host;  ///< empty for unix sockets; IPv6 without brackets
  std::uint16_t port = 80;
  std::string unix_path;  ///< empty for TCP
  unsigned weight = 1;    ///< share of the requests, relative to the other instances
};

struct ServiceConfig {
  std::string name;
  std::vector<InstanceConfig> instances;
  Timeouts timeouts;  ///< from `defaults`, with the service's own on top
  Limits limits;
  bool server_timing = false;
};

/// A text that may be kept outside of the file: in `file` or in the environment as `variable`.
struct Secret {
  std::string text{};
  std::string file{};
  std::string variable{};
  std::string written{};  ///< in the file, when that had ${VARIABLES}
};

struct HeaderField {
  std::string name;
  Secret value;  ///< config/credentials.h says what people may see of it
};

/// Applied in this order: remove, set (replaces all of that name), add; the gateway's own answers
/// are not edited. No name may be one the gateway itself acts on (http/field_name.cc, classify).
struct HeaderEdits {
  std::vector<std::string> remove;
  std::vector<HeaderField> set;
  std::vector<HeaderField> add;
};

/// A response from the configuration instead of a service.
struct StaticResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct Redirect {
  int status = 308;
  std::string location;     ///< a URL or an absolute path
  bool keeps_path = false;  ///< append what follows the matched prefix, and the query: location
                            ///< then has none itself
};

/// What a request must have for a route to take it. Empty lists match everything.
struct MatchConfig {
  std::string path_prefix;         ///< starts and ends with '/'
  std::vector<std::string> hosts;  ///< lower case, no port; "*.example.com" for one or more labels
  std::vector<std::string> methods;  ///< as sent; GET includes HEAD
};

/// Exactly one of service, response and redirect answers.
struct RouteConfig {
  std::string name;
  MatchConfig match;
  std::string rewrite_prefix;  ///< replaces match.path_prefix; starts and ends with '/'
  std::string service;
  std::optional<StaticResponse> response;
  std::optional<Redirect> redirect;
  bool preserve_host = false;  ///< send the client's Host upstream instead of the instance's
  Timeouts timeouts;           ///< from the service, with the route's own on top
  Limits limits;
  bool server_timing = false;  ///< tell clients where the time went
  HeaderEdits request_headers;
  HeaderEdits response_headers;
};

/// A field of a request: what is sent, or what is expected of it.
struct TestField {
  std::string name;
  std::optional<std::string> value;  ///< nullopt: expected to be absent
};

/// What is absent is not looked at.
struct TestExpectation {
  std::optional<std::string> route;
  std::optional<std::string> service;
  std::optional<std::string> upstream_path;  ///< with a '?' the query counts too
  std::vector<TestField> request_headers;    ///< as the service receives them
  std::optional<int> status;                 ///< of an answer the gateway makes itself
  std::optional<std::string> cause;
  std::optional<std::string> location;
};

/// A request nobody sends, and what would have to become of it.
struct TestConfig {
  std::string request;  ///< method, blank, path or URL
  std::vector<TestField> headers;
  TestExpectation expect;
};

struct LogConfig {
  LogLevel level = LogLevel::Info;
  std::string access = "stdout";  ///< "stdout", "stderr", "off" or a file
  std::string error = "stderr";
  std::vector<AccessField> access_fields = default_access_fields();
  std::vector<std::string> redact_query = known_secret_names();  ///< query parameters
};

struct Config {
  std::vector<ListenerConfig> listeners{ListenerConfig{}};
  std::optional<ListenerConfig> admin;  ///< for operators: loopback, or a unix socket, whose path
                                        ///< may be relative to the runtime directory
  std::vector<ServiceConfig> services;
  std::vector<RouteConfig> routes;
  Timeouts timeouts;           ///< `defaults`
  Limits limits;               ///< `defaults`
  bool server_timing = false;  ///< `defaults`
  ClientTimeouts client;
  PoolConfig pool;
  std::string user;   ///< workers run as; empty: api-gateway or nobody when started as root
  std::string group;  ///< empty: the user's
  std::uint64_t max_connections = kUnlimited;  ///< of clients, per worker
  LogConfig logs;
  unsigned workers = 0;  ///< 0: one per core this process may run on
  Milliseconds shutdown_drain_timeout = 8s;
  Milliseconds reload_drain_timeout = 10min;
  unsigned max_draining_generations = 8;
  std::vector<TestConfig> tests;  ///< a configuration that fails one is not used
};

}  // namespace gateway
