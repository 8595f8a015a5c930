// SPDX-License-Identifier: MIT
#include "http/server_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "http/receiving.h"
#include "util/clock.h"

namespace gateway::http {
namespace {

// A pipelining client may pile up this much before it is no longer read.
constexpr std::size_t kMaxStash = 64 << 10;

}  // namespace

bool Entrance::trusts(std::string_view ip) const {
  return std::any_of(trusted.begin(), trusted.end(),
                     [ip](const Network& network) { return network.contains(ip); });
}

ServerConnection::ServerConnection(ServerContext& context, bufferevent* shell,
                                   const Entrance& entrance)
    : context_(context),
      entrance_(entrance),
      shell_(shell),
      exchange_(*this),
      deadline_(
          context.loop, [](void* self) { static_cast<ServerConnection*>(self)->on_deadline(); },
          this),
      later_(
          context.loop, [](void* self) { static_cast<ServerConnection*>(self)->run_later(); },
          this) {
  // evhttp knows neither descriptor nor peer yet: adopt() follows before any I/O.
  bufferevent_incref(shell_);
  context_.connection_count++;
  if (context_.options.counters != nullptr) context_.options.counters->accepted.add();
  later_.schedule();
}

ServerConnection::~ServerConnection() {
  context_.connection_count--;
  if (context_.options.counters != nullptr) context_.options.counters->closed.add();
  if (context_.review != nullptr) context_.review->schedule();
  if (connection_ == nullptr) return;
  event_del(&readable_);
  writer_.close();
}

void ServerConnection::adopt() {
  const ShellCallbacks evhttps = shell_callbacks(shell_);
  bufferevent_decref(shell_);
  if (evhttps.argument == nullptr) {  // evhttp gave up on the connection before it began
    delete this;
    return;
  }
  connection_ = static_cast<evhttp_connection*>(evhttps.argument);
  evhttp_connection_set_closecb(connection_, on_evhttp_close, this);
  insert_before(context_.connections);

  char* address = nullptr;
  std::uint16_t port = 0;
  evhttp_connection_get_peer(connection_, &address, &port);
  peer_ = entrance_.port != 0 ? address : "unix";
  constexpr std::string_view kMapped("::ffff:");  // an IPv4 client of an IPv6 socket
  if (peer_.starts_with(kMapped) && peer_.find('.') != std::string::npos)
    peer_.erase(0, kMapped.size());
  peer_is_trusted_ = entrance_.trusts(peer_);

  const evutil_socket_t fd = bufferevent_getfd(shell_);
  writer_.open(
      context_.loop.base(), fd,
      [](evutil_socket_t, short, void* self) {
        static_cast<ServerConnection*>(self)->on_writable();
      },
      this);
  hollow_out(
      shell_, context_.loop.base(), &readable_,
      [](evutil_socket_t, short, void* self) {
        static_cast<ServerConnection*>(self)->on_readable();
      },
      this);
  context_.reporting = this;
  report_bytes(shell_, evhttps.read, connection_, kReportedRequest);  // → take_request()
  context_.reporting = nullptr;
  idle_since_ = context_.loop.now();
  deadline_.set(context_.options.timeouts.header);
  if (context_.draining) drain();
}

// The one place where a connection ends, whoever decided it.
void ServerConnection::on_evhttp_close(evhttp_connection*, void* self) {
  auto* connection = static_cast<ServerConnection*>(self);
  connection->reset_unfinished();
  if (connection->exchange_.handler_ != nullptr) {
    ExchangeHandler& handler = *std::exchange(connection->exchange_.handler_, nullptr);
    connection->context_.exchange_count--;
    handler.on_finished(connection->exchange_, Cause::Shutdown);
  }
  delete connection;
}

void ServerConnection::run_later() {
  if (connection_ == nullptr) {
    adopt();
  } else if (dropped_ != Cause::None) {
    close();
  } else if (answer_is_complete()) {
    finish();
  } else {
    if (!body_paused_ && !stash_.empty()) consume_stash();
    if (state_ == State::Tunnel) deliver_tunnel_end();
  }
}

// --- input --------------------------------------------------------------------------------------

void ServerConnection::on_readable() {
  Turn turn(context_.loop);
  const std::span<char> buffer = context_.receive_buffer;
  const std::size_t most = read_size(in_bulk_, decoder_.known_content());
  const ssize_t received = ::recv(writer_.fd(), buffer.data(), most, 0);
  if (received <= 0) {
    on_input_error(received);
    return;
  }
  const auto bytes = buffer.first(static_cast<std::size_t>(received));
  if (dropped_ != Cause::None) return;
  if (!stash_.empty()) {
    stash_.append(bytes.data(), bytes.size());
    if (is_worth_parsing({bytes.data(), bytes.size()})) consume_stash();
    return;
  }
  const std::size_t used = consume(bytes);
  if (used < bytes.size()) stash_.assign(bytes.data() + used, bytes.size() - used);
  read_while_wanted();
}

/// A head that arrives byte by byte is not read again and again: without a line end there is
/// nothing new in it.
bool ServerConnection::is_worth_parsing(std::string_view more) const {
  if (state_ != State::Head || !head_begun_) return true;
  return more.find('\n') != more.npos || stash_.size() - stash_used_ > context_.options.limits.head;
}

void ServerConnection::on_input_error(ssize_t received) {
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (received == 0) {
    on_client_fin();
  } else {
    drop(Cause::ClientClosed);
  }
}

void ServerConnection::on_client_fin() {
  input_ended_ = true;
  read_while_wanted();  // a FIN keeps the socket readable for ever
  const bool answering = state_ == State::Active && (body_ended_ || body_failed_);
  if (state_ == State::Tunnel) {
    deliver_tunnel_end();
  } else if (answering && context_.options.timeouts.half_close == kOff) {
    set_deadline();
  } else if (answering && context_.options.timeouts.half_close != Milliseconds::zero()) {
    deadline_.set(context_.options.timeouts.half_close);
  } else {
    drop(Cause::ClientClosed);
  }
}

/// Returns how many bytes were used; the rest waits.
std::size_t ServerConnection::consume(std::span<char> bytes) {
  std::size_t used = 0;
  if (state_ == State::Head) {
    used = consume_head(bytes);
    if (state_ == State::Head) return used;
  }
  if (state_ == State::Linger) {
    extend_linger(bytes.size());
    return bytes.size();
  }
  return used + consume_body(bytes.subspan(used));
}

std::size_t ServerConnection::consume_head(std::span<char> bytes) {
  switch (context_.parser.parse_request({bytes.data(), bytes.size()})) {
    case ParseResult::Incomplete:
      // The clock of a head starts with its first byte and is not moved by later ones.
      if (!head_begun_) deadline_.set(context_.options.timeouts.header);
      head_begun_ = true;
      if (input_ended_) drop(Cause::ClientClosed);
      return 0;
    case ParseResult::Refused:
      begin_exchange(context_.parser.cause());
      return bytes.size();  // whatever follows a refused head is never interpreted
    case ParseResult::Complete: break;
  }
  begin_exchange(Cause::None);
  return head().size;
}

void ServerConnection::begin_exchange(Cause refusal) {
  const RequestHead& request = head();
  state_ = State::Active;
  is_http10_ = refusal == Cause::None && request.minor_version == 0;
  keep_alive_ = refusal == Cause::None && !request.connection_close &&
                (!is_http10_ || request.connection_keep_alive);
  head_begun_ = body_failed_ = reply_ended_ = was_congested_ = body_paused_ = has_next_ = false;
  write_deadline_runs_ = in_bulk_ = false;
  body_ended_ = refusal != Cause::None;
  cut_short_ = Cause::None;
  reply_coding_ = ReplyCoding::Identity;
  decoder_.begin(refusal == Cause::None ? request.framing : Framing::None, request.content_length);
  deadline_.clear();
  if (input_ended_) deadline_.set(context_.options.timeouts.half_close);

  exchange_.handler_ = nullptr;
  exchange_.started_us_ = monotonic_us();
  exchange_.body_received_ = exchange_.body_sent_ = 0;
  exchange_.body_limit_ = context_.options.limits.request_body;
  exchange_.refusal_ = refusal;
  exchange_.head_sent_ = false;
  context_.exchange_count++;
  context_.handler.on_request(exchange_);
}

std::size_t ServerConnection::consume_body(std::span<char> bytes) {
  if (body_paused_ || dropped_ != Cause::None) return 0;
  if (state_ == State::Tunnel) {
    exchange_.body_received_ += bytes.size();
    if (!bytes.empty()) exchange_.handler_->on_body(exchange_, bytes, /*end=*/false);
    return bytes.size();
  }
  if (body_ended_) {  // the next request, which has to wait
    has_next_ |= !bytes.empty();
    return 0;
  }
  if (body_failed_) return bytes.size();
  const BodyDecoder::Piece piece = decoder_.feed(bytes);
  exchange_.body_received_ += piece.content.size();
  if (decoder_.has_failed() || exchange_.body_received_ > exchange_.body_limit_) {
    fail_body(decoder_.has_failed() ? Cause::BadChunk : Cause::BodyLimit);
    return bytes.size();
  }
  body_ended_ = decoder_.is_done();
  has_next_ = body_ended_ && piece.used < bytes.size();
  set_deadline();
  // The first call delivers even nothing: the handler waits for it.
  if (!reply_ended_) exchange_.handler_->on_body(exchange_, piece.content, body_ended_);
  if (!body_ended_ && input_ended_) drop(Cause::ClientClosed);
  return piece.used;
}

void ServerConnection::fail_body(Cause cause) {
  body_failed_ = true;
  keep_alive_ = false;
  if (!reply_ended_) exchange_.handler_->on_body_failed(exchange_, cause);
  set_deadline();
}

void ServerConnection::consume_stash() {
  const std::size_t used = consume(std::span(stash_).subspan(stash_used_));
  stash_used_ += used;
  if (stash_used_ == stash_.size()) {
    stash_.clear();
    stash_used_ = 0;
    if (stash_.capacity() > kMaxStash) stash_.shrink_to_fit();
  } else if (stash_used_ >= kMaxStash) {
    stash_.erase(0, stash_used_);
    stash_used_ = 0;
  }
  read_while_wanted();
}

void ServerConnection::read_while_wanted() {
  const std::size_t waiting = stash_.size() - stash_used_;
  const bool wanted = !input_ended_ && !body_paused_ &&
                      (waiting < kMaxStash || state_ == State::Head || state_ == State::Linger);
  if (wanted == is_reading_) return;
  is_reading_ = wanted;
  if (wanted) {
    event_add(&readable_, nullptr);
  } else {
    event_del(&readable_);
  }
  set_deadline();
}

void ServerConnection::set_body_paused(bool paused) {
  if (body_paused_ == paused) return;
  body_paused_ = paused;
  read_while_wanted();
  if (!paused && !stash_.empty()) later_.schedule();
}

}  // namespace gateway::http
