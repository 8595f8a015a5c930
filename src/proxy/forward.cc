// SPDX-License-Identifier: MIT
#include "proxy/forward.h"

#include "proxy/forwarded_head.h"
#include "proxy/reply.h"
#include "proxy/server_timing.h"
#include "proxy/trailers.h"
#include "util/clock.h"

namespace gateway::proxy {
namespace {

constexpr std::size_t kReplayLimit = 64 << 10;

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS" || method == "TRACE";
}

}  // namespace

Forward& ForwardPool::take() {
  if (free_.empty()) {
    all_.push_back(std::make_unique<Forward>(context_, *this));
    return *all_.back();
  }
  Forward& forward = *free_.back();
  free_.pop_back();
  return forward;
}

Forward::Forward(ProxyContext& context, ForwardPool& pool)
    : context_(context),
      pool_(pool),
      deadline_(
          context.loop, [](void* self) { static_cast<Forward*>(self)->on_deadline(); }, this) {}

void Forward::start(http::Exchange& exchange, const Decision& decision) {
  const http::RequestHead& request = exchange.request();
  const RouteMatch& match = decision.match;
  exchange_ = &exchange;
  exchange.set_handler(*this);
  route_ = &match.route->config;
  service_ = match.route->service;
  entry_.begin(exchange, context_.access_log);
  entry_.count_on(*match.route->counters);
  if (route_->server_timing) entry_.phases.want();
  entry_.route = route_->name;
  entry_.service = service_->name();
  idempotent_ = is_idempotent(request.method);
  const bool is_chunked = request.framing == http::Framing::Chunked;
  traits_ = {request.is_head(), wants_upgrade(request), is_chunked,
             wants_trailers(request) ? &response_trailers_ : nullptr,
             idempotent_ && !is_chunked && request.content_length <= kReplayLimit};
  if (announces_trailers(request)) exchange.collect_trailers(request_trailers_);
  continue_wanted_ = request.expects_continue && request.framing != http::Framing::None;
  replayable_ = head_pending_ = true;
  body_begun_ = body_ended_ = resent_ = is_tunnel_ = continue_sent_ = false;
  connect_failures_ = 0;
  tried_.clear();
  replay_.clear();
  request_trailers_.clear();
  response_trailers_.clear();

  exchange.set_body_limit(route_->limits.request_body);
  if (decision.cause != Cause::None) {
    refuse(decision.cause);
    return;
  }
  upstream::Instance* instance = service_->pick(tried_);
  if (instance == nullptr) {
    refuse(Cause::NoInstance);
    return;
  }
  write_head(match, *instance);
  deadline_.set(route_->timeouts.request);
  attempt(*instance, /*fresh=*/false);
}

void Forward::write_head(const RouteMatch& match, upstream::Instance& instance) {
  const http::RequestHead& request = exchange_->request();
  const UpstreamRequest upstream =
      upstream_request(*route_, request, instance.host_field(), entry_.request_id());
  write_request_head(head_, request, sender_of(*exchange_), upstream);
  keeps_host_ = keeps_host(*route_, request);
  entry_.set_upstream_path(route_->rewrite_prefix, match.rest);
}

// --- the request
// ----------------------------------------------------------------------------------

void Forward::attempt(upstream::Instance& instance, bool fresh) {
  if (entry_.attempts++ > 0) {
    instance.note_retry();
    if (!keeps_host_) replace_host(head_, instance.host_field());
  }
  instance_ = &instance;
  entry_.instance = instance.url();
  attempted_us_ = entry_.attempts == 1 ? exchange_->started_us() : monotonic_us();
  head_pending_ = true;
  entry_.phases.on_attempt(entry_.phases.now());
  connection_ = &instance.acquire(*this, traits_, route_->timeouts, fresh);
  if (connection_->is_ready()) entry_.phases.on_kept_connection();
}

void Forward::on_body(http::Exchange& exchange, std::span<char> data, bool end) {
  body_ended_ = end;
  if (is_tunnel_) touch_tunnel();
  if (end && !request_trailers_.empty())
    filter_trailers(request_trailers_, route_->request_headers);
  if (connection_ == nullptr) return;  // answered: the rest of the body is of no interest
  const bool first = !body_begun_;
  body_begun_ = true;
  if (!connection_->is_ready() && !is_tunnel_ && head_pending_) {
    replay_.append(data.data(), data.size());  // whole, whatever its size: none of it was sent
    if (!end && !data.empty()) exchange.pause_body();
    return;
  }
  if (first && data.empty() && !end) send_continue();
  send_upstream(data, end);
}

void Forward::send_upstream(std::span<const char> data, bool end) {
  connection_->send(head_pending_ ? head_.view() : std::string_view{}, data, end,
                    request_trailers_);
  head_pending_ = false;
  if (replayable_ && !is_tunnel_) keep_for_replay(data);
  if (connection_->is_congested()) exchange_->pause_body();
  if (!body_ended_) exchange_->read_in_bulk(connection_->queued() == 0);
}

/// After the body so far was sent: keeps it while it could still be sent again (see try_again).
void Forward::keep_for_replay(std::span<const char> data) {
  const bool may_be_stale = connection_->was_reused() && !connection_->got_response_byte();
  replayable_ = may_be_stale && (idempotent_ || !connection_->sent_anything()) &&
                replay_.size() + data.size() <= kReplayLimit;
  if (replayable_) {
    replay_.append(data.data(), data.size());
  } else {
    replay_.clear();
  }
}

/// The gateway speaks for the service as soon as it has a connection to it (RFC 9110 §10.1.1);
/// Expect itself is not forwarded.
void Forward::send_continue() {
  if (!continue_wanted_) return;
  continue_wanted_ = false;
  continue_sent_ = true;
  context_.reply.clear();
  context_.reply.add("HTTP/1.1 100 Continue\r\n");
  exchange_->send_interim(context_.reply);
}

void Forward::on_connected() {
  entry_.phases.on_connected(entry_.phases.now());
  if (!body_begun_) return;  // on_body follows at once
  if (replay_.empty() && !body_ended_) send_continue();
  connection_->send(head_.view(), replay_, body_ended_, request_trailers_);
  head_pending_ = false;
  replayable_ = false;  // a new connection is not stale
  replay_.clear();
  if (!connection_->is_congested()) exchange_->resume_body();
}

void Forward::on_upstream_drained() { exchange_->resume_body(); }

void Forward::on_body_failed(http::Exchange& exchange, Cause cause) {
  drop_upstream();
  if (exchange.has_begun()) {
    entry_.cause = cause;
    exchange.abort(cause);
  } else {
    refuse(cause);
  }
}

// --- the response
// ---------------------------------------------------------------------------------

void Forward::on_interim(const http::ResponseHead& head) {
  // RFC 9110 §15.2: all pass but the answer to what was asked of us and is answered.
  if (head.status == 100 && continue_sent_) return;
  write_response_head(context_.reply, head, entry_.request_id());
  exchange_->send_interim(context_.reply);
}

void Forward::on_response(const http::ResponseHead& head, std::span<char> body, bool end) {
  entry_.status = head.status;
  const bool with_trailers = traits_.trailers != nullptr && head.framing == http::Framing::Chunked;
  const std::uint64_t now = monotonic_us();
  instance_->note_response(head.status, now - attempted_us_);
  entry_.phases.on_head(now);
  if (end) entry_.phases.on_end(now);
  write_response_head(context_.reply, head, entry_.request_id(),
                      edits_or_none(route_->response_headers), with_trailers);
  if (route_->server_timing) add_server_timing(context_.reply, entry_.phases, now);
  if (head.status == 101) {
    start_tunnel(body);
    return;
  }
  if (end) connection_ = nullptr;
  const bool has_body = !traits_.to_head && head.status != 204 && head.status != 304;
  http::ReplyFraming framing = http::ReplyFraming::Stream;
  if (!has_body)
    framing = http::ReplyFraming::None;
  else if (head.has_content_length)
    framing = http::ReplyFraming::Length;
  exchange_->send_head(context_.reply, framing, body, end, response_trailers(end));
  if (!end && exchange_->is_congested()) connection_->set_paused(true);
}

std::string_view Forward::response_trailers(bool end) {
  if (!end || response_trailers_.empty()) return {};
  filter_trailers(response_trailers_, route_->response_headers);
  return response_trailers_;
}

void Forward::start_tunnel(std::span<const char> first) {
  is_tunnel_ = true;
  entry_.begin_tunnel();
  replay_.clear();
  exchange_->set_body_limit(kUnlimited);
  exchange_->upgrade(context_.reply);
  if (!first.empty()) exchange_->send_body(first, /*end=*/false);
  touch_tunnel();
}

void Forward::on_response_body(std::span<char> data, bool end) {
  if (end) entry_.phases.on_end(entry_.phases.now());
  if (is_tunnel_) {
    touch_tunnel();
  } else if (end) {
    connection_ = nullptr;
  }
  exchange_->send_body(data, end, response_trailers(end));
  if (connection_ == nullptr) return;
  if (exchange_->is_congested()) connection_->set_paused(true);
  connection_->read_in_bulk(exchange_->queued() == 0);
}

void Forward::on_drained(http::Exchange&) {
  if (connection_ != nullptr) connection_->set_paused(false);
}

}  // namespace gateway::proxy
