// SPDX-License-Identifier: MIT
//
// Server: accepts client connections with evhttp and turns their bytes into exchanges.
//
// Each connection has a guard (ServerConnection) that owns the wire and keeps it alive; evhttp owns
// accepting, the connection and request objects, and dispatch. See src/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "config/config.h"
#include "event/loop.h"
#include "http/exchange.h"
#include "observe/counters.h"

namespace gateway::http {

struct ServerOptions {
  ClientTimeouts timeouts;
  Limits limits;
  std::uint64_t max_connections = kUnlimited;  ///< see http/admission.h
  ClientCounters* counters = nullptr;          ///< nullptr: connections are not counted
};

/// How a server drains.
struct Draining {
  Milliseconds quiet;      ///< an idle connection may still bring a request for that long
  std::vector<bool> ends;  ///< of each listen(): nobody else accepts there; those missing: no
  std::function<void()> closed = {};  ///< called (from the loop) once it accepts no more
};

class Server {
 public:
  Server(Loop& loop, Handler& handler, const ServerOptions& options);
  ~Server();  ///< closes every connection at once
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Accepts on `fd`: bound, listening, non-blocking. Takes a duplicate; `fd` stays the caller's.
  /// Peers in `trusted` are proxies: see Exchange::peer_is_trusted().
  void listen(int fd, const std::vector<Network>& trusted = {});
  /// Takes nothing new: stops accepting, and answers what comes on connections that are there with
  /// Connection: close; idle ones end after a quiet time. `done` is called (from the loop) when
  /// none is left. Called again it may shorten the quiet time.
  void drain(const Draining& how, std::function<void()> done);

  /// Ends upgraded connections; their exchanges end with Cause::DrainLimit. Says how many.
  std::size_t end_tunnels();

  std::size_t connections() const;
  std::size_t exchanges() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::http
