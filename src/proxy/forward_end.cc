// SPDX-License-Identifier: MIT
//
// The ending half of Forward: failures, further attempts, deadlines, and what is left behind.
#include <string>

#include "proxy/forward.h"
#include "proxy/reply.h"
#include "proxy/server_timing.h"

namespace gateway::proxy {
namespace {

constexpr std::size_t kKeptBuffer = 4 << 10;  // of an unused Forward

bool is_connect_failure(Cause cause) {
  return cause == Cause::ConnectRefused || cause == Cause::ConnectUnreachable ||
         cause == Cause::ConnectTimeout || cause == Cause::DnsFailure;
}

}  // namespace

void Forward::on_upstream_failed(Cause cause, std::string_view detail) {
  entry_.phases.on_end(entry_.phases.now());
  instance_->note_failure(cause, !is_connect_failure(cause));
  if (!exchange_->has_begun() && try_again(cause)) return;
  connection_ = nullptr;
  entry_.detail = detail;
  if (exchange_->has_begun()) {
    entry_.cause = cause;
    exchange_->abort(cause);
  } else {
    refuse(cause);
  }
}

bool Forward::try_again(Cause cause) {
  if (is_connect_failure(cause)) {
    if (++connect_failures_ >= service_->max_attempts()) return false;
    tried_.push_back(instance_);
    upstream::Instance& next = *service_->pick(tried_);
    if (cause == Cause::DnsFailure && &next == instance_) return false;  // it still has no address
    attempt(next, /*fresh=*/true);
    return true;
  }
  const bool ended = cause == Cause::UpstreamClosed || cause == Cause::UpstreamReset;
  if (!ended || !connection_->was_reused() || connection_->got_response_byte()) return false;
  const bool safe = (idempotent_ || !connection_->sent_anything()) && replayable_;
  if (!safe || resent_) return false;
  resent_ = true;
  attempt(*instance_, /*fresh=*/true);
  return true;
}

void Forward::refuse(Cause cause) {
  deadline_.clear();
  http::HeadWriter timing;
  if (route_->server_timing) add_server_timing(timing, entry_.phases, entry_.phases.now());
  send_error(context_, *exchange_, entry_, cause, timing.view());
}

void Forward::drop_upstream() {
  if (connection_ == nullptr) return;
  entry_.phases.on_end(entry_.phases.now());
  connection_->cancel();
  connection_ = nullptr;
}

void Forward::touch_tunnel() { deadline_.set(route_->timeouts.tunnel_idle); }

void Forward::on_deadline() {
  drop_upstream();
  const Cause cause = is_tunnel_ ? Cause::TunnelIdle : Cause::RequestTimeout;
  if (exchange_->has_begun()) {
    entry_.cause = cause;
    exchange_->abort(cause);
  } else {
    refuse(cause);
  }
}

void Forward::on_finished(http::Exchange& exchange, Cause cause) {
  drop_upstream();
  deadline_.clear();
  if (cause != Cause::None) entry_.cause = cause;
  entry_.write(context_.access_log, exchange);
  exchange_ = nullptr;
  for (std::string* buffer : {&replay_, &request_trailers_, &response_trailers_}) {
    if (buffer->capacity() > kKeptBuffer) *buffer = {};
  }
  pool_.give_back(*this);
}

}  // namespace gateway::proxy
