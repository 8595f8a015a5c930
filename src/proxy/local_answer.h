// SPDX-License-Identifier: MIT
//
// LocalAnswer: an exchange that the gateway answers itself: endpoints, redirects, answers from the
// configuration, errors. A route's edits of response fields do not apply to it.
//
// Waits for the first piece of the request body, so that a small body does not cost the client
// its connection. Deletes itself when the exchange is over.
#pragma once

#include <string>
#include <string_view>

#include "http/exchange.h"
#include "http/responder.h"
#include "proxy/access_entry.h"
#include "proxy/proxy_context.h"

namespace gateway::proxy {

/// The route that asked for an answer; outlives it.
struct AnsweringRoute {
  RouteCounters& counters;     ///< where the request is counted
  std::string_view name = {};  ///< empty: none
};

class LocalAnswer : public http::ExchangeHandler {
 public:
  /// Becomes the exchange's handler; a refused exchange is answered at once.
  static void answer(ProxyContext& context, http::Exchange& exchange, const AnsweringRoute& route,
                     http::Reply reply, std::string extra_fields = {});

 private:
  LocalAnswer(ProxyContext& context, http::Reply reply, std::string extra_fields)
      : context_(context), reply_(std::move(reply)), extra_fields_(std::move(extra_fields)) {}

  void on_body(http::Exchange& exchange, std::span<char> data, bool end) override;
  void on_body_failed(http::Exchange& exchange, Cause cause) override;
  void on_drained(http::Exchange&) override {}
  void on_finished(http::Exchange& exchange, Cause cause) override;
  void send(http::Exchange& exchange);

  ProxyContext& context_;
  http::Reply reply_;
  std::string extra_fields_;
  AccessEntry entry_;
};

}  // namespace gateway::proxy
