// SPDX-License-Identifier: MIT
//
// Config: the whole configuration as plain structs. Defaults live here and nowhere else.
//
// Environment and file fill the same structs. A Config is immutable once a generation of
// workers was started from it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "util/duration.h"
#include "util/log_level.h"

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
  std::size_t max_idle = 64;        ///< connections per instance and worker
  Milliseconds idle_timeout = 60s;
};

struct ListenerConfig {
  std::string host = "0.0.0.0";  ///< numeric IPv4 or IPv6 address, no brackets
  std::uint16_t port = 8000;     ///< 0: the kernel picks one, named in the "listening" log line
};

/// One address of a service: TCP (name or numeric address) or a unix socket.
struct InstanceConfig {
  std::string url;        ///< as configured, for people
  std::string host;       ///< empty for unix sockets; IPv6 without brackets
  std::uint16_t port = 80;
  std::string unix_path;  ///< empty for TCP
};

struct ServiceConfig {
  std::string name;
  std::vector<InstanceConfig> instances;
};

struct RouteConfig {
  std::string name;
  std::string path_prefix;     ///< starts and ends with '/'
  std::string rewrite_prefix;  ///< replaces path_prefix; starts and ends with '/'
  std::string service;
  bool preserve_host = false;  ///< send the client's Host upstream instead of the instance's
};

struct LogConfig {
  LogLevel level = LogLevel::Info;
  std::string access = "stdout";  ///< "stdout", "stderr", "off" or a file
  std::string error = "stderr";
};

struct Config {
  std::vector<ListenerConfig> listeners{ListenerConfig{}};
  std::vector<ServiceConfig> services;
  std::vector<RouteConfig> routes;
  Timeouts timeouts;
  ClientTimeouts client;
  Limits limits;
  PoolConfig pool;
  LogConfig logs;
  unsigned workers = 0;  ///< 0: one per core this process may run on
  Milliseconds shutdown_drain_timeout = 8s;
  Milliseconds reload_drain_timeout = 10min;
  unsigned max_draining_generations = 8;
};

}  // namespace gateway
