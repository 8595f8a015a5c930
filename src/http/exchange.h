// SPDX-License-Identifier: MIT
//
// Exchange: one downstream request together with the duty to answer it exactly once.
//
// Order     Handler::on_request, then ExchangeHandler::on_body at least once unless the request
//           was refused: with whatever came together with the head (empty for most requests), so
//           that head and first bytes can leave in one system call. on_finished is always last.
// Answer    send_head once (after any send_interim), send_body until `end`. An answer may begin
//           before the request body has ended; the connection then closes after it.
// Flow      send_* never fail and never block: what the socket refuses is queued. Stop at
//           is_congested(), go on at on_drained(). pause_body() stops on_body soon after (bytes
//           already read may still come).
// Runs on   the worker's loop thread only. Callbacks of a handler are never nested.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/head.h"
#include "http/head_writer.h"
#include "util/cause.h"

namespace gateway::http {

class Exchange;
class ServerConnection;

/// What one exchange tells whoever answers it.
class ExchangeHandler {
 public:
  virtual ~ExchangeHandler() = default;
  /// Decoded body bytes (raw bytes after upgrade()); may be changed in place. `end` comes once.
  virtual void on_body(Exchange& exchange, std::span<char> data, bool end) = 0;
  /// The rest of the body will not come (bad chunk, over the limit, too slow): answer, or abort if
  /// the answer has begun.
  virtual void on_body_failed(Exchange& exchange, Cause cause) = 0;
  /// The queue fell to the low-water mark.
  virtual void on_drained(Exchange& exchange) = 0;
  /// The exchange is over: Cause::None when the last byte of the answer is in the kernel, else why
  /// not. The exchange must not be used afterwards.
  virtual void on_finished(Exchange& exchange, Cause cause) = 0;
};

/// What a server asks its owner.
class Handler {
 public:
  virtual ~Handler() = default;
  /// A request head is complete, or was refused (exchange.refusal() is not None: answer it).
  /// Must call exchange.set_handler().
  virtual void on_request(Exchange& exchange) = 0;
};

/// How the length of an answer is told to the client.
enum class ReplyFraming : std::uint8_t {
  None,    ///< no body follows, whatever the fields say (HEAD, 204, 304)
  Length,  ///< the head has a Content-Length field and exactly that many bytes follow
  Stream,  ///< unknown: chunked, or until close for HTTP/1.0 clients
};

class Exchange {
 public:
  explicit Exchange(ServerConnection& connection) : connection_(connection) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void set_handler(ExchangeHandler& handler) { handler_ = &handler; }

  /// The request; valid during Handler::on_request only. After a refusal only what could be read
  /// of method and target is set.
  const RequestHead& request() const;
  Cause refusal() const { return refusal_; }
  std::string_view peer() const;           ///< address without port; "unix" for unix sockets
  bool peer_is_trusted() const;            ///< a proxy whose X-Forwarded-* are believed
  bool trusts(std::string_view ip) const;  ///< the same of another address, at this listener
  std::uint16_t local_port() const;        ///< port of the listener; 0 for unix sockets
  std::uint64_t started_us() const { return started_us_; }  ///< monotonic, see util/clock.h
  std::uint64_t body_received() const { return body_received_; }
  std::uint64_t body_sent() const { return body_sent_; }

  /// More body than this ends in on_body_failed(BodyLimit). Call inside on_request.
  void set_body_limit(std::uint64_t bytes) { body_limit_ = bytes; }
  /// Call inside on_request: the trailer section of the request body, valid lines with their CRLF,
  /// is appended to `into` before the body's `end`. Otherwise it is dropped.
  void collect_trailers(std::string& into);
  void pause_body();
  void resume_body();
  /// See http/receiving.h; until the body ends.
  void read_in_bulk(bool in_bulk);

  /// A 1xx answer. Nothing is sent to HTTP/1.0 clients.
  void send_interim(HeadWriter& head);
  /// The final head: status line and fields but no blank line and no framing or Connection fields
  /// other than Content-Length; the exchange adds those. `body` is the first piece.
  /// `trailers`: lines with their CRLF, for the end of a chunked body; else they are dropped.
  void send_head(HeadWriter& head, ReplyFraming framing, std::span<const char> body, bool end,
                 std::string_view trailers = {});
  void send_body(std::span<const char> data, bool end, std::string_view trailers = {});
  /// Sends a 101 head (with its own Connection and Upgrade fields) and makes both directions raw
  /// bytes: `end` then means FIN. The exchange ends when both sides have ended. Bytes that came
  /// behind the request follow from the loop.
  void upgrade(HeadWriter& head);
  /// Ends visibly short: closes the connection, without a last chunk. on_finished(cause) follows
  /// from the loop, not from inside this call.
  void abort(Cause cause);

  bool has_begun() const { return head_sent_; }  ///< the final head went out
  bool is_congested() const;
  std::size_t queued() const;

 private:
  friend class ServerConnection;

  ServerConnection& connection_;
  ExchangeHandler* handler_ = nullptr;
  std::uint64_t started_us_ = 0;
  std::uint64_t body_received_ = 0;
  std::uint64_t body_sent_ = 0;
  std::uint64_t body_limit_ = 0;
  Cause refusal_ = Cause::None;
  bool head_sent_ = false;
};

}  // namespace gateway::http
