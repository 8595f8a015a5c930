// SPDX-License-Identifier: MIT
//
// Gateway: decides for each exchange whether an endpoint, a route or an error answers it.
//
// Owns     the routes and services of one worker, and the exchanges in progress.
// Runs on  the worker's loop thread only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/config.h"
#include "event/loop.h"
#include "http/exchange.h"
#include "http/responder.h"
#include "observe/access_log.h"
#include "observe/series.h"

namespace gateway::proxy {

struct Decision;
struct Route;

/// What a gateway is built from; all of it outlives the gateway.
struct GatewayParts {
  const Config& config;
  http::Responder& endpoints;
  AccessLog& access_log;
  const Meters& meters;  ///< of the names in config
};

class Gateway : public http::Handler {
 public:
  Gateway(Loop& loop, const GatewayParts& parts);
  ~Gateway() override;

  void on_request(http::Exchange& exchange) override;

  /// Closes pooled upstream connections (the last step of a drain).
  void close_idle();

 private:
  void act(http::Exchange& exchange, const Decision& decision);
  void confirm(http::Exchange& exchange);
  void respond(http::Exchange& exchange, const Route& route);
  void redirect(http::Exchange& exchange, const Route& route, int status,
                std::string_view location);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::proxy
