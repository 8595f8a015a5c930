// SPDX-License-Identifier: MIT
//
// ServerConnection: the guard of one client connection. Owns the wire of it: strict heads, body
// framing, limits, timeouts, backpressure, tunnels, lingering close. evhttp owns the connection
// and request objects and is told what happened (evhttp_shell.h).
//
// States   Head (idle or within a head) → Active (an exchange is in progress) → Head …
//          Active → Tunnel (after an upgrade); Active → Linger (an answer went out, input is
//          discarded until the client closes, so that a reset does not destroy the answer).
// Frees    itself when evhttp frees its connection, never on a handler's stack.
// Source   RFC 9112 §9 (connections), §9.6 (tear-down).
#pragma once

#include <event2/event_struct.h>
#include <event2/http.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/loop.h"
#include "http/body_decoder.h"
#include "http/evhttp_shell.h"
#include "http/exchange.h"
#include "http/head_parser.h"
#include "http/server.h"
#include "http/socket_writer.h"
#include "util/network.h"

namespace gateway::http {

class ServerConnection;

/// What all connections of one server share.
struct ServerContext {
  Loop& loop;
  Handler& handler;
  const ServerOptions& options;
  HeadParser& parser;
  std::span<char> receive_buffer;  ///< every recv lands here and is parsed in place
  ListNode connections{};
  ServerConnection* reporting = nullptr;  ///< that evhttp is being told of
  std::size_t connection_count = 0;       ///< from accept on
  std::size_t exchange_count = 0;
  bool draining = false;
  Milliseconds quiet{};        ///< of idle connections, when draining
  Deferred* review = nullptr;  ///< scheduled when a connection has gone
};

/// What connections know of the listener they came in by; outlives them.
struct Entrance {
  std::uint16_t port;  ///< 0: a unix socket
  std::vector<Network> trusted;

  bool trusts(std::string_view ip) const;
};

class ServerConnection : public ListNode {
 public:
  ServerConnection(ServerContext& context, bufferevent* shell, const Entrance& entrance);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  /// From evhttp's request callback, which runs inside report_bytes().
  void take_request(evhttp_request* request) { request_ = request; }
  /// Answers what is in progress, then closes; an idle connection gets a quiet time first.
  void drain();
  /// False when it is none.
  bool end_tunnel();
  /// Between two requests, or before the first one.
  bool is_idle() const { return state_ == State::Head && !head_begun_ && connection_ != nullptr; }
  std::uint64_t idle_since() const { return idle_since_; }  ///< loop tick
  void close_idle() { drop(Cause::Shutdown); }

  // For Exchange.
  const RequestHead& head() const { return context_.parser.request(); }
  std::string_view peer() const { return peer_; }
  bool peer_is_trusted() const { return peer_is_trusted_; }
  const Entrance& entrance() const { return entrance_; }
  void collect_trailers(std::string& into) { decoder_.collect_trailers(&into); }
  void set_body_paused(bool paused);
  void read_in_bulk(bool in_bulk) { in_bulk_ = in_bulk; }
  void send_interim(HeadWriter& head);
  void send_head(HeadWriter& head, ReplyFraming framing, std::span<const char> body, bool end,
                 std::string_view trailers);
  void send_body(std::span<const char> data, bool end, std::string_view trailers);
  void upgrade(HeadWriter& head);
  void cut_short(Cause cause);
  std::size_t queued() const { return writer_.queued(); }
  /// Also true of a connection that is being dropped: nothing more needs to be sent.
  bool is_congested() const {
    return dropped_ != Cause::None || writer_.queued() >= context_.options.limits.high_water;
  }

 private:
  enum class State : std::uint8_t { Head, Active, Tunnel, Linger };
  enum class ReplyCoding : std::uint8_t { Identity, Chunked, Close };

  // Input.
  void on_readable();
  void on_input_error(ssize_t received);
  std::size_t consume(std::span<char> bytes);
  std::size_t consume_head(std::span<char> bytes);
  bool is_worth_parsing(std::string_view more) const;
  std::size_t consume_body(std::span<char> bytes);
  void consume_stash();
  void begin_exchange(Cause refusal);
  void fail_body(Cause cause);
  void on_client_fin();
  void deliver_tunnel_end();

  // Output and end.
  void on_writable();
  void write_body(std::string_view head, std::span<const char> data, bool end,
                  std::string_view trailers);
  bool answer_is_complete() const;
  void after_write(bool end);
  void finish();
  void release_handler(Cause cause);
  void drop(Cause cause);
  void close();
  void reset_unfinished();

  // Life cycle.
  void run_later();
  void adopt();
  void read_while_wanted();
  void set_deadline();
  void on_deadline();
  void refuse_slow_head();
  bool is_in_grace() const;
  bool has_unread_input() const;
  void end_idle();
  void linger();
  void extend_linger(std::size_t received);
  static void on_evhttp_close(evhttp_connection*, void* self);

  ServerContext& context_;
  const Entrance& entrance_;
  bufferevent* shell_;
  evhttp_connection* connection_ = nullptr;
  evhttp_request* request_ = nullptr;  ///< all that this connection carries, to evhttp
  Exchange exchange_;
  BodyDecoder decoder_;
  SocketWriter writer_;
  event readable_{};
  Deadline deadline_;
  Deferred later_;
  std::string stash_;  ///< received, not yet consumed
  std::size_t stash_used_ = 0;
  std::uint64_t idle_since_ = 0;    ///< loop ticks
  std::uint64_t linger_until_ = 0;  ///< loop ticks
  std::uint64_t lingered_ = 0;      ///< bytes
  std::string peer_;
  State state_ = State::Head;
  ReplyCoding reply_coding_ = ReplyCoding::Identity;
  Cause dropped_ = Cause::None;    ///< close at once, for this reason
  Cause cut_short_ = Cause::None;  ///< the answer ends here, visibly incomplete
  bool peer_is_trusted_ = false;
  bool keep_alive_ = true;
  bool is_http10_ = false;
  bool is_reading_ = true;
  bool body_paused_ = false;
  bool in_bulk_ = false;      ///< the body is read in large pieces
  bool input_ended_ = false;  ///< the client's FIN was read
  bool head_begun_ = false;   ///< bytes of the next head have arrived
  bool body_ended_ = true;    ///< the end of the request body was delivered
  bool has_next_ = false;     ///< bytes of a pipelined request have arrived behind it
  bool body_failed_ = false;  ///< the rest of it is discarded
  bool reply_ended_ = false;
  bool was_congested_ = false;
  bool write_deadline_runs_ = false;
};

}  // namespace gateway::http
