// SPDX-License-Identifier: MIT
//
// ClientConnection: the guard of one connection to an instance of a service. Owns its wire:
// strict response heads, body framing, timeouts, backpressure, tunnels. evhttp owns connecting and
// the connection, for which it has one request from the connect on, whatever number of exchanges
// the guard makes of it (evhttp_shell.h).
//
// States   Waiting (for an address) → Connecting → Exchanging (Head → Body | Tunnel) → Idle → …
//          any → Dead, which its owner is told of from the loop, never on a handler's stack.
// Errors   on_upstream_failed(cause) comes from the loop and is the last call of an attempt.
// Source   RFC 9112 §6-9, RFC 9110 §15.2 (1xx), §7.8 (Upgrade).
#pragma once

#include <event2/event_struct.h>
#include <event2/http.h>

#include <span>
#include <string>
#include <string_view>

#include "config/config.h"
#include "event/loop.h"
#include "http/body_decoder.h"
#include "http/evhttp_shell.h"
#include "http/head_parser.h"
#include "http/socket_writer.h"
#include "util/address.h"
#include "util/unique_fd.h"

namespace gateway::http {

class ClientConnection;

/// What one attempt tells whoever made it.
class ResponseHandler {
 public:
  virtual ~ResponseHandler() = default;
  /// The connection is ready for send(). Not called for one that was ready when it was begun.
  virtual void on_connected() = 0;
  virtual void on_interim(const ResponseHead& head) = 0;
  /// The final head and the first piece of the body. After `end` the connection is no longer the
  /// handler's; 101 makes it a tunnel, whose `end` means FIN.
  virtual void on_response(const ResponseHead& head, std::span<char> body, bool end) = 0;
  virtual void on_response_body(std::span<char> data, bool end) = 0;
  /// The upload queue fell to the low-water mark.
  virtual void on_upstream_drained() = 0;
  virtual void on_upstream_failed(Cause cause, std::string_view detail) = 0;
};

/// What became of a connection that was idle, or had just been used again.
enum class IdleEnd : std::uint8_t {
  Expired,  ///< the time it was to be kept is over: keep it longer or cancel it
  Closed,   ///< by the peer, while idle
  Raced,    ///< by the peer, before any byte of the next answer
};

/// Who keeps a connection between exchanges.
class ClientOwner {
 public:
  virtual ~ClientOwner() = default;
  /// Cause::None: connected.
  virtual void on_connect_result(ClientConnection& connection, Cause cause) = 0;
  /// A response is complete and the connection can serve another request.
  virtual void on_idle(ClientConnection& connection) = 0;
  virtual void on_idle_end(ClientConnection& connection, IdleEnd end) = 0;
  /// Of no more use, whatever it was doing: forget it at once; delete it from on_dead.
  virtual void on_retired(ClientConnection& connection) = 0;
  virtual void on_dead(ClientConnection& connection) = 0;
};

/// What all connections of one worker share.
struct ClientContext {
  Loop& loop;
  const Limits& limits;
  HeadParser parser;
  std::span<char> receive_buffer;
  evdns_base* no_dns;  ///< never resolves: where evhttp waits while a unix socket is connected
};

struct AttemptTraits {
  bool to_head = false;             ///< the request is HEAD: its response has no body
  bool upgrade = false;             ///< 101 is welcome
  bool chunked = false;             ///< the request body is sent chunked
  std::string* trailers = nullptr;  ///< collects those of the response; else they are dropped
  bool repeatable = false;          ///< can be sent again, should a used connection turn out closed
};

class ClientConnection : public ListNode {
 public:
  ClientConnection(ClientContext& context, ClientOwner& owner);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Begins an exchange: at once on an idle connection; on a new one on_connected() follows
  /// connect(). `timeouts` outlive it.
  void begin(ResponseHandler& handler, AttemptTraits traits, const Timeouts& timeouts);
  void connect(const Address& address);
  /// Gives up: on_upstream_failed(cause) follows.
  void fail(Cause cause, std::string_view detail = {});

  /// The request head (the first time) and decoded body bytes; `end` with the last ones. In a
  /// tunnel raw bytes, `end` means FIN. Never blocks: see is_congested().
  /// `trailers`: lines with their CRLF, for the end of a chunked body.
  void send(std::string_view head, std::span<const char> body, bool end,
            std::string_view trailers = {});
  bool is_congested() const { return writer_.queued() >= context_.limits.high_water; }
  bool is_ready() const { return state_ == State::Head; }
  bool is_connecting() const { return state_ == State::Connecting; }
  /// The loop is about to tell that bytes, or the end, have come.
  bool has_news() const { return is_due(readable_); }
  bool was_reused() const { return reused_; }
  bool got_response_byte() const { return got_byte_; }
  /// Whether the kernel took any byte of this request.
  bool sent_anything() const { return writer_.written() > written_before_; }
  /// How long its peer says it keeps an idle connection; kOff if it does not say.
  Milliseconds announced_idle() const { return announced_idle_; }
  /// The owner's own marks on this connection. Points in time are coarse_monotonic_ms().
  struct Tag {
    unsigned version = 0;
    std::size_t index = 0;
    std::uint64_t idle_since = 0;
    std::uint64_t use_before = 0;  ///< when it will have been idle for too long
    std::uint64_t used_at = 0;
    bool is_in_use = false;
  };
  Tag& tag() { return tag_; }

  void set_paused(bool paused);
  /// See http/receiving.h; until the response ends.
  void read_in_bulk(bool in_bulk) { in_bulk_ = in_bulk; }
  std::size_t queued() const { return writer_.queued(); }
  /// The handler is no longer interested; nothing is called back.
  void cancel();
  /// Of an idle connection: IdleEnd::Expired follows after `timeout`.
  void keep_idle(Milliseconds timeout) { deadline_.set(timeout); }

 private:
  enum class State : std::uint8_t { Waiting, Connecting, Idle, Head, Body, Tunnel, Dead };

  void adopt_unix(const Address& address);
  void report_connected();
  void on_shell_event(short what);
  void fail_to_connect(Cause cause);
  void on_connected();
  void report_written();
  void on_readable();
  void on_end_of_input(bool reset);
  void read_head(std::span<char> bytes);
  bool accept_head(const ResponseHead& head);
  void note_keep_alive(const KeepAliveHint& hint);
  void deliver(std::span<char> bytes);
  void complete();
  void on_writable();
  void end_tunnel_side();
  void set_deadline();
  void on_deadline();
  void on_tunnel_deadline();
  void retire();
  void run_later();

  ClientContext& context_;
  ClientOwner& owner_;
  ResponseHandler* handler_ = nullptr;
  const Timeouts* timeouts_ = nullptr;
  bufferevent* shell_ = nullptr;
  evhttp_connection* connection_ = nullptr;
  evhttp_request* request_ = nullptr;             ///< the only one, owned by us
  bufferevent_event_cb connect_event_ = nullptr;  ///< evhttp's, until connected
  BodyDecoder decoder_;
  SocketWriter writer_;
  UniqueFd connected_;  ///< a unix socket evhttp has not been told of yet
  event readable_{};
  Deadline deadline_;
  Deferred later_;
  std::string stash_;  ///< an incomplete head
  std::string_view failure_detail_;
  std::uint64_t written_before_ = 0;
  Milliseconds announced_idle_ = kOff;
  std::uint32_t uses_left_ = KeepAliveHint::kUnsaid;
  unsigned interim_count_ = 0;
  std::size_t interim_bytes_ = 0;
  Tag tag_;
  AttemptTraits traits_;
  State state_ = State::Waiting;
  Cause failure_ = Cause::None;
  bool in_flight_ = false;  ///< evhttp has our request
  bool hollow_ = false;     ///< the socket is ours
  bool reused_ = false;
  bool got_byte_ = false;
  bool upload_ended_ = false;
  bool paused_ = false;
  bool reusable_ = false;
  bool input_ended_ = false;
  bool was_congested_ = false;
  bool in_bulk_ = false;  ///< the response is read in large pieces
  bool write_deadline_runs_ = false;
};

}  // namespace gateway::http
