// SPDX-License-Identifier: MIT
//
// The answering half of ServerConnection: replies, the end of an exchange, timeouts, closing.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "http/last_call.h"
#include "http/server_connection.h"
#include "http/wire_pieces.h"

namespace gateway::http {
namespace {

constexpr Milliseconds kLingerIdle{2000};
constexpr Milliseconds kLingerTotal{30000};
constexpr std::uint64_t kLingerBytes = 256 << 20;

}  // namespace

// --- replies ------------------------------------------------------------------------------------

void ServerConnection::send_interim(HeadWriter& head) {
  if (is_http10_ || state_ != State::Active) return;
  writer_.write(head.add("\r\n").view());
  after_write(/*end=*/false);
}

void ServerConnection::send_head(HeadWriter& head, ReplyFraming framing, std::span<const char> body,
                                 bool end, std::string_view trailers) {
  if (framing == ReplyFraming::Stream) {
    reply_coding_ = is_http10_ ? ReplyCoding::Close : ReplyCoding::Chunked;
    if (is_http10_) keep_alive_ = false;
    if (!is_http10_) head.add("Transfer-Encoding: chunked\r\n");
  }
  // What is left of the request is discarded, not read as part of a next one.
  if (!decoder_.is_done()) keep_alive_ = false;
  // Of several pipelined requests only the last may say that the connection ends.
  if (context_.draining && !has_next_) keep_alive_ = false;
  if (!keep_alive_) {
    head.add("Connection: close\r\n\r\n");
  } else {
    head.add(is_http10_ ? "Connection: keep-alive\r\n\r\n" : "\r\n");
  }
  write_body(head.view(), body, end, trailers);
}

void ServerConnection::send_body(std::span<const char> data, bool end, std::string_view trailers) {
  write_body({}, data, end, trailers);
}

void ServerConnection::write_body(std::string_view head, std::span<const char> data, bool end,
                                  std::string_view trailers) {
  const bool chunked = reply_coding_ == ReplyCoding::Chunked && state_ == State::Active;
  const ChunkLine line(data.size());
  PieceList pieces;
  pieces.push(head);
  if (chunked && !data.empty()) pieces.push(line.view());
  pieces.push({data.data(), data.size()});
  if (chunked) pieces.push_chunk_end(!data.empty(), end, trailers);
  exchange_.body_sent_ += data.size();
  writer_.write(pieces.span());
  after_write(end);
}

void ServerConnection::after_write(bool end) {
  if (end) reply_ended_ = true;
  if (writer_.is_dead()) {
    drop(Cause::ClientClosed);
    return;
  }
  if (!writer_.is_idle()) {
    was_congested_ |= is_congested();
    set_deadline();
  } else if (end) {
    if (state_ == State::Tunnel) ::shutdown(bufferevent_getfd(shell_), SHUT_WR);
    if (answer_is_complete()) later_.schedule();
  }
}

void ServerConnection::upgrade(HeadWriter& head) {
  state_ = State::Tunnel;
  keep_alive_ = false;
  body_ended_ = false;  // a new body: the bytes of the tunnel
  writer_.write(head.add("\r\n").view());
  after_write(/*end=*/false);
  set_deadline();
  later_.schedule();  // for what came behind the request's head: bytes, a FIN
}

void ServerConnection::deliver_tunnel_end() {
  if (!input_ended_ || body_ended_ || body_paused_ || !stash_.empty()) return;
  body_ended_ = true;
  exchange_.handler_->on_body(exchange_, {}, /*end=*/true);
  if (answer_is_complete()) later_.schedule();
}

void ServerConnection::cut_short(Cause cause) {
  if (!exchange_.head_sent_ || state_ == State::Tunnel) {
    drop(cause);
    return;
  }
  cut_short_ = cause;
  reply_ended_ = true;
  keep_alive_ = false;
  if (answer_is_complete()) later_.schedule();
}

void ServerConnection::on_writable() {
  Turn turn(context_.loop);
  writer_.flush();
  if (writer_.is_dead()) {
    drop(Cause::ClientClosed);
    return;
  }
  write_deadline_runs_ = false;
  set_deadline();
  if (reply_ended_ && writer_.is_idle()) {
    if (state_ == State::Tunnel) ::shutdown(bufferevent_getfd(shell_), SHUT_WR);
    if (answer_is_complete()) later_.schedule();
  } else if (was_congested_ && writer_.queued() <= context_.options.limits.low_water) {
    was_congested_ = false;
    if (!reply_ended_) exchange_.handler_->on_drained(exchange_);
  }
}

// --- the end of an exchange, and of a connection
// --------------------------------------------------

bool ServerConnection::answer_is_complete() const {
  if (!reply_ended_ || !writer_.is_idle()) return false;
  return state_ == State::Active || (state_ == State::Tunnel && input_ended_);
}

void ServerConnection::release_handler(Cause cause) {
  if (exchange_.handler_ == nullptr) return;
  context_.exchange_count--;
  std::exchange(exchange_.handler_, nullptr)->on_finished(exchange_, cause);
}

void ServerConnection::finish() {
  release_handler(cut_short_);
  if (state_ == State::Tunnel ||
      (cut_short_ != Cause::None && reply_coding_ == ReplyCoding::Close)) {
    close();
    return;
  }
  const bool has_more = !stash_.empty() || !input_ended_;
  if (keep_alive_ && body_ended_ && has_more) {
    state_ = State::Head;
    body_paused_ = false;  // of the exchange that has ended
    idle_since_ = context_.loop.now();
    deadline_.set(context_.draining ? context_.quiet : context_.options.timeouts.keep_alive);
    if (!stash_.empty()) later_.schedule();
    read_while_wanted();
  } else if (input_ended_ || (body_ended_ && stash_.empty() && !context_.draining &&
                              exchange_.refusal() == Cause::None)) {
    close_after_reply(request_);
    evhttp_send_reply_end(request_);  // its output is empty: → on_evhttp_close
  } else {
    linger();
  }
}

// Closing with unread input makes the kernel send a reset, which may overtake and destroy the
// answer (RFC 9112 §9.6): say that we are done, and read on until the client is. Also when a drain
// closes the connection: the client's next request may be on its way.
void ServerConnection::linger() {
  state_ = State::Linger;
  stash_.clear();
  stash_used_ = 0;
  body_paused_ = false;
  ::shutdown(bufferevent_getfd(shell_), SHUT_WR);
  lingered_ = 0;
  linger_until_ = context_.loop.now() + static_cast<std::uint64_t>(kLingerTotal / Loop::kTick);
  extend_linger(0);
  read_while_wanted();
}

void ServerConnection::extend_linger(std::size_t received) {
  lingered_ += received;
  if (lingered_ > kLingerBytes) drop(Cause::ClientClosed);
  const std::uint64_t now = context_.loop.now();
  const Milliseconds left = linger_until_ > now
                                ? Loop::kTick * static_cast<long>(linger_until_ - now)
                                : Milliseconds::zero();
  deadline_.set(std::min(kLingerIdle, left));
}

void ServerConnection::drop(Cause cause) {
  if (dropped_ != Cause::None) return;
  dropped_ = cause;
  later_.schedule();
}

void ServerConnection::close() {
  release_handler(dropped_);
  evhttp_connection_free(connection_);  // → on_evhttp_close
}

// An answer that ends with its connection looks whole after an orderly end; only a reset says that
// it is not. Dissolving the association sends one; SO_LINGER would come too late, as evhttp sends
// a FIN before it closes.
void ServerConnection::reset_unfinished() {
  const bool is_whole = reply_ended_ && cut_short_ == Cause::None && writer_.is_idle();
  if (reply_coding_ != ReplyCoding::Close || !exchange_.head_sent_ || is_whole) return;
  const sockaddr nobody{AF_UNSPEC, {}};
  ::connect(bufferevent_getfd(shell_), &nobody, sizeof nobody);
}

void ServerConnection::drain() {
  if (entrance_.port != 0) hear(bufferevent_getfd(shell_));
  if (state_ == State::Head && !head_begun_) deadline_.set(context_.quiet);
}

bool ServerConnection::end_tunnel() {
  if (state_ != State::Tunnel || dropped_ != Cause::None) return false;
  drop(Cause::DrainLimit);
  return true;
}

// A request that is here already is answered. One that crosses our FIN is discarded, and its client
// sees the end of a connection, never a reset: that is what tells it to send again.
void ServerConnection::end_idle() {
  if (has_unread_input()) {
    deadline_.set(Loop::kTick);  // the loop reads it
  } else {
    linger();
  }
}

bool ServerConnection::has_unread_input() const {
  pollfd watched{bufferevent_getfd(shell_), POLLIN, 0};
  return ::poll(&watched, 1, 0) > 0;
}

// --- timeouts
// -------------------------------------------------------------------------------------

void ServerConnection::set_deadline() {
  const ClientTimeouts& timeouts = context_.options.timeouts;
  if (state_ != State::Active && state_ != State::Tunnel) return;
  if (is_in_grace()) return;  // runs from the FIN, whatever moves after it
  if (!writer_.is_idle()) {
    // Runs from the last progress, not from the last attempt to write more.
    if (!std::exchange(write_deadline_runs_, true)) deadline_.set(timeouts.write);
    return;
  }
  write_deadline_runs_ = false;
  if (!is_reading_) {
    deadline_.set(kResetPoll);
  } else if (state_ == State::Active && !body_ended_ && !body_failed_) {
    deadline_.set(timeouts.body);
  } else {
    deadline_.clear();
  }
}

void ServerConnection::on_deadline() {
  if (dropped_ != Cause::None) return;
  if (state_ == State::Head && head_begun_) {
    refuse_slow_head();
  } else if (state_ == State::Head) {
    end_idle();
  } else if (state_ == State::Linger) {
    drop(Cause::ClientClosed);
  } else if (is_in_grace()) {
    drop(Cause::ClientClosed);
  } else if (!writer_.is_idle()) {
    drop(Cause::ClientWriteTimeout);
  } else if (!is_reading_) {
    if (has_reset(bufferevent_getfd(shell_))) drop(Cause::ClientClosed);
    set_deadline();
  } else if (!body_ended_ && !body_failed_) {
    fail_body(Cause::ClientTimeout);
  }
}

void ServerConnection::refuse_slow_head() {
  // The parser is shared: read what is there once more, for the log.
  context_.parser.parse_request(std::string_view(stash_).substr(stash_used_));
  begin_exchange(Cause::ClientTimeout);
  stash_.clear();
  stash_used_ = 0;
}

/// After its FIN the client gets this long for the rest of the answer.
bool ServerConnection::is_in_grace() const {
  return state_ == State::Active && input_ended_ && context_.options.timeouts.half_close != kOff;
}

}  // namespace gateway::http
