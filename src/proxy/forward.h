// SPDX-License-Identifier: MIT
//
// Forward: one exchange on its way to a service and back.
//
// The only object that knows both sides. Bytes are pushed: what the client sends goes upstream as
// it comes, what the service sends goes downstream; a side whose queue passes the high-water mark
// pauses the other. One attempt at a time; another one follows when sending again is safe.
//
// Again    connect failures: another instance, then their other addresses. A pooled connection that
//          ended before any response byte: once, on a fresh one, when the method is idempotent and
//          the body so far is still in the replay buffer, or when not a byte of the request had
//          been written.
// Reused   from exchange to exchange by its ForwardPool.
// Source   RFC 9110 §9.2.2 (idempotent methods), §10.1.1 (Expect), RFC 9112 §9.3.1 (retrying).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/client_connection.h"
#include "http/exchange.h"
#include "http/head_writer.h"
#include "proxy/access_entry.h"
#include "proxy/proxy_context.h"
#include "proxy/routing.h"

namespace gateway::proxy {

class ForwardPool;

class Forward : private http::ExchangeHandler, private http::ResponseHandler {
 public:
  Forward(ProxyContext& context, ForwardPool& pool);

  /// Becomes the exchange's handler. `decision` is to forward it, or to refuse it in the name of
  /// the route's service.
  void start(http::Exchange& exchange, const Decision& decision);

 private:
  // From the client.
  void on_body(http::Exchange& exchange, std::span<char> data, bool end) override;
  void on_body_failed(http::Exchange& exchange, Cause cause) override;
  void on_drained(http::Exchange& exchange) override;
  void on_finished(http::Exchange& exchange, Cause cause) override;

  // From the service.
  void on_connected() override;
  void on_interim(const http::ResponseHead& head) override;
  void on_response(const http::ResponseHead& head, std::span<char> body, bool end) override;
  void on_response_body(std::span<char> data, bool end) override;
  void on_upstream_drained() override;
  void on_upstream_failed(Cause cause, std::string_view detail) override;

  void write_head(const RouteMatch& match, upstream::Instance& instance);
  void attempt(upstream::Instance& instance, bool fresh);
  void send_upstream(std::span<const char> data, bool end);
  void keep_for_replay(std::span<const char> data);
  void send_continue();
  std::string_view response_trailers(bool end);
  bool try_again(Cause cause);
  void refuse(Cause cause);
  void drop_upstream();
  void start_tunnel(std::span<const char> first);
  void on_deadline();
  void touch_tunnel();

  ProxyContext& context_;
  ForwardPool& pool_;
  http::Exchange* exchange_ = nullptr;
  http::ClientConnection* connection_ = nullptr;  ///< of the attempt in progress
  const RouteConfig* route_ = nullptr;
  upstream::Service* service_ = nullptr;
  upstream::Instance* instance_ = nullptr;
  Deadline deadline_;  ///< the whole exchange; the silence of a tunnel
  AccessEntry entry_;
  http::HeadWriter head_;          ///< the upstream request head, kept for another attempt
  std::string replay_;             ///< the request body so far, while it is small or not sent yet
  std::string request_trailers_;   ///< those that pass, once the body has ended
  std::string response_trailers_;  ///< likewise
  std::vector<const upstream::Instance*> tried_;  ///< could not be connected to
  http::AttemptTraits traits_;
  std::uint64_t attempted_us_ = 0;  ///< monotonic
  unsigned connect_failures_ = 0;
  bool replayable_ = true;
  bool head_pending_ = true;  ///< not yet sent in this attempt
  bool body_begun_ = false;   ///< the first on_body has come
  bool body_ended_ = false;
  bool resent_ = false;
  bool continue_wanted_ = false;  ///< by the client, from us
  bool continue_sent_ = false;
  bool idempotent_ = false;
  bool keeps_host_ = false;
  bool is_tunnel_ = false;
};

/// Forwards that are not in use; an exchange costs no allocation in the steady state.
class ForwardPool {
 public:
  explicit ForwardPool(ProxyContext& context) : context_(context) {}
  Forward& take();
  void give_back(Forward& forward) { free_.push_back(&forward); }

 private:
  ProxyContext& context_;
  std::vector<std::unique_ptr<Forward>> all_;
  std::vector<Forward*> free_;
};

}  // namespace gateway::proxy
