// SPDX-License-Identifier: MIT
//
// The ending half of ClientConnection: pauses, deadlines, failures, and how a connection dies.
#include <utility>

#include "http/client_connection.h"

namespace gateway::http {

void ClientConnection::set_paused(bool paused) {
  if (paused_ == paused || !hollow_ || state_ == State::Dead) return;
  if (!paused && input_ended_) return;
  paused_ = paused;
  if (paused) {
    event_del(&readable_);
  } else {
    event_add(&readable_, nullptr);
  }
  set_deadline();
}

void ClientConnection::set_deadline() {
  const bool upload_waits = state_ == State::Head && !writer_.is_idle();
  // Runs from the last progress, not from the last attempt to write more.
  if (upload_waits && std::exchange(write_deadline_runs_, true)) return;
  write_deadline_runs_ = upload_waits;
  if (state_ == State::Head) {
    if (upload_waits) {
      deadline_.set(timeouts_->idle);
    } else if (upload_ended_) {
      deadline_.set(timeouts_->response_header);
    } else {
      deadline_.clear();  // waiting for the client
    }
  } else if (state_ == State::Body) {
    if (paused_) {
      deadline_.clear();
    } else {
      deadline_.set(timeouts_->idle);
    }
  }
}

void ClientConnection::on_deadline() {
  switch (state_) {
    case State::Waiting: fail_to_connect(Cause::DnsFailure); break;
    case State::Connecting: fail_to_connect(Cause::ConnectTimeout); break;
    case State::Head:
      fail(upload_ended_ && writer_.is_idle() ? Cause::ResponseHeaderTimeout
                                              : Cause::UpstreamIdleTimeout);
      break;
    case State::Idle: owner_.on_idle_end(*this, IdleEnd::Expired); break;
    case State::Body: fail(Cause::UpstreamIdleTimeout); break;
    case State::Tunnel: on_tunnel_deadline(); break;
    case State::Dead: break;
  }
}

void ClientConnection::on_tunnel_deadline() {
  if (handler_ == nullptr) {  // what is queued does not go out
    fail(Cause::UpstreamIdleTimeout);
  } else if (has_reset(bufferevent_getfd(shell_))) {
    fail(Cause::UpstreamReset);
  } else {
    deadline_.set(kResetPoll);
  }
}

void ClientConnection::fail(Cause cause, std::string_view detail) {
  if (state_ == State::Dead) return;
  failure_ = cause;
  failure_detail_ = detail;
  retire();
  later_.schedule();
}

void ClientConnection::cancel() {
  handler_ = nullptr;
  if (state_ == State::Tunnel && input_ended_ && upload_ended_ && !writer_.is_idle()) {
    deadline_.set(timeouts_->idle);  // both sides have ended: what is queued still goes out
    return;
  }
  fail(Cause::ClientClosed);
}

void ClientConnection::retire() {
  if (state_ == State::Dead) return;
  state_ = State::Dead;
  deadline_.clear();
  if (hollow_) event_del(&readable_);
  writer_.close();
  owner_.on_retired(*this);
  if (in_flight_) evhttp_cancel_request(request_);
  in_flight_ = false;
}

void ClientConnection::run_later() {
  if (state_ == State::Connecting) {
    report_connected();
    return;
  }
  if (handler_ != nullptr) {
    std::exchange(handler_, nullptr)->on_upstream_failed(failure_, failure_detail_);
  }
  owner_.on_dead(*this);
}

}  // namespace gateway::http
