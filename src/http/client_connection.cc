// SPDX-License-Identifier: MIT
#include "http/client_connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "http/receiving.h"
#include "http/wire_pieces.h"

namespace gateway::http {
ClientConnection::ClientConnection(ClientContext& context, ClientOwner& owner)
    : context_(context),
      owner_(owner),
      deadline_(
          context.loop, [](void* self) { static_cast<ClientConnection*>(self)->on_deadline(); },
          this),
      later_(
          context.loop, [](void* self) { static_cast<ClientConnection*>(self)->run_later(); },
          this) {}

ClientConnection::~ClientConnection() {
  retire();
  if (connection_ != nullptr) evhttp_connection_free(connection_);
  if (request_ != nullptr) evhttp_request_free(request_);
}

void ClientConnection::begin(ResponseHandler& handler, AttemptTraits traits,
                             const Timeouts& timeouts) {
  handler_ = &handler;
  traits_ = traits;
  timeouts_ = &timeouts;
  got_byte_ = upload_ended_ = reusable_ = was_congested_ = in_bulk_ = false;
  interim_count_ = 0;
  interim_bytes_ = 0;
  written_before_ = writer_.written();
  if (state_ != State::Idle) {
    deadline_.set(timeouts.connect);
    return;
  }
  reused_ = true;
  state_ = State::Head;
  deadline_.clear();
}

// --- the request
// ----------------------------------------------------------------------------------

void ClientConnection::send(std::string_view head, std::span<const char> body, bool end,
                            std::string_view trailers) {
  if (state_ == State::Dead) return;
  const bool chunked = traits_.chunked && state_ != State::Tunnel;
  const ChunkLine line(body.size());
  PieceList pieces;
  pieces.push(head);
  if (chunked && !body.empty()) pieces.push(line.view());
  pieces.push({body.data(), body.size()});
  if (chunked) pieces.push_chunk_end(!body.empty(), end, trailers);
  writer_.write(pieces.span());
  was_congested_ |= is_congested();
  upload_ended_ |= end;
  end_tunnel_side();
  if (state_ == State::Head) set_deadline();
}

void ClientConnection::on_writable() {
  Turn turn(context_.loop);
  writer_.flush();
  end_tunnel_side();
  write_deadline_runs_ = false;
  if (state_ == State::Head) set_deadline();
  if (!was_congested_ || writer_.queued() > context_.limits.low_water) return;
  was_congested_ = false;
  if (handler_ != nullptr) handler_->on_upstream_drained();
}

/// In a tunnel: passes on the end of the client's side once everything before it went out.
void ClientConnection::end_tunnel_side() {
  if (state_ != State::Tunnel) return;
  if (writer_.is_dead() && input_ended_) {
    fail(Cause::UpstreamReset);  // nothing is read any more, so nobody else would notice
  } else if (upload_ended_ && writer_.is_idle()) {
    ::shutdown(bufferevent_getfd(shell_), SHUT_WR);
    if (handler_ == nullptr) fail(Cause::ClientClosed);
  }
}

// --- the response
// ---------------------------------------------------------------------------------

void ClientConnection::on_readable() {
  Turn turn(context_.loop);
  const std::span<char> buffer = context_.receive_buffer;
  const std::size_t most = read_size(in_bulk_, decoder_.known_content());
  const ssize_t received = ::recv(writer_.fd(), buffer.data(), most, 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (state_ == State::Idle) {  // closed, or bytes nobody asked for
    if (received <= 0) owner_.on_idle_end(*this, IdleEnd::Closed);
    fail(Cause::UpstreamClosed);
    return;
  }
  if (received <= 0) {
    on_end_of_input(/*reset=*/received < 0);
    return;
  }
  got_byte_ = true;
  const auto bytes = buffer.first(static_cast<std::size_t>(received));
  if (state_ != State::Head) {
    deliver(bytes);
  } else if (stash_.empty()) {
    read_head(bytes);
  } else {
    stash_.append(bytes.data(), bytes.size());
    // Without a line end there is nothing new in a head: it is not read again for each byte.
    const bool has_line = std::memchr(bytes.data(), '\n', bytes.size()) != nullptr;
    if (!has_line && stash_.size() <= context_.limits.head) return;
    std::string joined = std::exchange(stash_, {});
    read_head(joined);
  }
}

void ClientConnection::on_end_of_input(bool reset) {
  if (state_ == State::Tunnel && !reset) {
    input_ended_ = true;
    set_paused(true);  // a FIN keeps the socket readable for ever
    deadline_.set(kResetPoll);
    handler_->on_response_body({}, /*end=*/true);
    return;
  }
  if (state_ == State::Body && !reset) {
    decoder_.end_of_input();
    if (decoder_.is_done()) {
      ResponseHandler& handler = *handler_;
      complete();
      handler.on_response_body({}, /*end=*/true);
      return;
    }
  }
  if (state_ == State::Head && reused_ && !got_byte_) owner_.on_idle_end(*this, IdleEnd::Raced);
  fail(reset ? Cause::UpstreamReset : Cause::UpstreamClosed);
}

void ClientConnection::read_head(std::span<char> bytes) {
  constexpr unsigned kMaxInterim = 64;
  for (;;) {
    switch (context_.parser.parse_response({bytes.data(), bytes.size()}, traits_.to_head)) {
      case ParseResult::Incomplete: stash_.assign(bytes.data(), bytes.size()); return;
      case ParseResult::Refused:
        fail(Cause::BadResponse, info(context_.parser.cause()).word);
        return;
      case ParseResult::Complete: break;
    }
    const ResponseHead& head = context_.parser.response();
    bytes = bytes.subspan(head.size);
    if (head.status >= 200 || head.status == 101) break;
    interim_bytes_ += head.size;
    if (++interim_count_ > kMaxInterim || interim_bytes_ > context_.limits.head) {
      fail(Cause::BadResponse, "too many interim responses");
      return;
    }
    handler_->on_interim(head);
    if (state_ != State::Head || handler_ == nullptr) return;
  }
  const ResponseHead& head = context_.parser.response();
  if (!accept_head(head)) return;
  ResponseHandler& handler = *handler_;
  if (state_ == State::Tunnel) {
    handler.on_response(head, bytes, /*end=*/false);
    return;
  }
  const BodyDecoder::Piece piece = decoder_.feed(bytes);
  if (decoder_.has_failed()) {
    fail(Cause::BadResponse, info(Cause::BadChunk).word);
    return;
  }
  const bool end = decoder_.is_done();
  if (piece.used < bytes.size()) reusable_ = false;  // surplus bytes
  if (end) complete();
  handler.on_response(head, piece.content, end);
}

bool ClientConnection::accept_head(const ResponseHead& head) {
  if (head.status == 101) {
    if (!traits_.upgrade) {
      fail(Cause::BadResponse, "101 without an upgrade request");
      return false;
    }
    state_ = State::Tunnel;
    upload_ended_ = false;  // from here on it means that the client's side of the tunnel has ended
    deadline_.clear();
    return true;
  }
  state_ = State::Body;
  decoder_.begin(head.framing, head.content_length);
  decoder_.collect_trailers(traits_.trailers);
  reusable_ = head.framing != Framing::Close && !head.connection_close &&
              (head.minor_version == 1 || head.connection_keep_alive);
  // A body that was announced where there can be none may still come, behind the next request.
  const bool announces_body =
      head.content_length > 0 || head.find(FieldId::TransferEncoding) != nullptr;
  if (head.status == 204 && announces_body) reusable_ = false;
  note_keep_alive(head.keep_alive);
  set_deadline();
  return true;
}

void ClientConnection::note_keep_alive(const KeepAliveHint& hint) {
  if (hint.timeout_s != KeepAliveHint::kUnsaid)
    announced_idle_ = std::chrono::seconds(hint.timeout_s);
  if (hint.more_requests != KeepAliveHint::kUnsaid) {
    uses_left_ = hint.more_requests;
  } else if (uses_left_ != KeepAliveHint::kUnsaid) {
    uses_left_--;
  }
  if (uses_left_ == 0) reusable_ = false;
}

void ClientConnection::deliver(std::span<char> bytes) {
  if (state_ == State::Tunnel) {
    handler_->on_response_body(bytes, /*end=*/false);
    return;
  }
  set_deadline();
  const BodyDecoder::Piece piece = decoder_.feed(bytes);
  if (decoder_.has_failed()) {
    fail(Cause::BadResponse, info(Cause::BadChunk).word);
    return;
  }
  const bool end = decoder_.is_done();
  if (piece.used < bytes.size()) reusable_ = false;
  ResponseHandler& handler = *handler_;
  if (end) complete();
  handler.on_response_body(piece.content, end);
}

void ClientConnection::complete() {
  if (paused_) set_paused(false);
  if (!upload_ended_ || !writer_.is_idle()) reusable_ = false;
  handler_ = nullptr;
  deadline_.clear();
  if (!reusable_) {
    fail(Cause::UpstreamClosed);
    return;
  }
  state_ = State::Idle;
  owner_.on_idle(*this);
}

}  // namespace gateway::http
