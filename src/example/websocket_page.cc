// SPDX-License-Identifier: MIT
//
// /ws: a WebSocket that echoes each frame.
#include <string>
#include <utility>

#include "example/page.h"
#include "example/websocket.h"
#include "example/websocket_accept.h"
#include "http/field_name.h"
#include "util/text.h"

namespace gateway::example {
namespace {

// A peer that does not close after our Close frame is cut off.
constexpr Milliseconds kCloseGrace{2000};

class WebsocketPage : public Page {
 public:
  WebsocketPage(const PageRequest& request, std::string accept)
      : sender_(request.sender),
        accept_(std::move(accept)),
        grace_(
            request.loop, [](void* self) { static_cast<WebsocketPage*>(self)->cut_off(); }, this) {}

  void on_body(http::Exchange& exchange, std::span<char> data, bool end) override {
    if (!is_open_) {
      if (end) open(exchange);
    } else if (!is_closing_) {
      take(exchange, data, end);
    }
  }
  void on_drained(http::Exchange& exchange) override { exchange.resume_body(); }

 private:
  void open(http::Exchange& exchange) {
    exchange_ = &exchange;
    is_open_ = true;
    http::HeadWriter head;
    head.status_line(101, reason_phrase(101));
    head.field("X-Example-Service", sender_.service);
    head.field("Connection", "Upgrade").field("Upgrade", "websocket");
    head.field("Sec-WebSocket-Accept", accept_);
    exchange.upgrade(head);
  }

  void take(http::Exchange& exchange, std::span<const char> data, bool end) {
    std::string answer;
    frames_.feed(data);
    while (!is_closing_) {
      const auto frame = frames_.next();
      if (!frame) break;
      echo(*frame, answer);
    }
    if (!is_closing_ && frames_.error() != CloseCode::None) close_with(frames_.error(), answer);
    if (is_closing_ && !end) grace_.set(kCloseGrace);
    is_closing_ |= end;
    exchange.send_body(answer, /*end=*/is_closing_);
    if (!is_closing_ && exchange.is_congested()) exchange.pause_body();
  }

  void echo(const Frame& frame, std::string& answer) {
    switch (frame.opcode) {
      case Opcode::Continuation:
      case Opcode::Text:
      case Opcode::Binary: append_frame(answer, frame.opcode, frame.is_final, frame.payload); break;
      case Opcode::Ping:
        append_frame(answer, Opcode::Pong, /*is_final=*/true, frame.payload);
        break;
      case Opcode::Pong: break;
      case Opcode::Close:
        if (is_valid_close(frame.payload)) {
          append_frame(answer, Opcode::Close, /*is_final=*/true, frame.payload.substr(0, 2));
          is_closing_ = true;
        } else {
          close_with(CloseCode::ProtocolError, answer);
        }
        break;
    }
  }

  void close_with(CloseCode code, std::string& answer) {
    append_close(answer, code);
    is_closing_ = true;
  }

  void cut_off() { exchange_->abort(Cause::ClientTimeout); }

  Sender sender_;
  std::string accept_;
  Deadline grace_;
  FrameReader frames_;
  http::Exchange* exchange_ = nullptr;
  bool is_open_ = false;
  bool is_closing_ = false;  // our last byte was sent
};

// Answers a request that is no valid handshake (RFC 6455 §4.2.1, §4.4).
class UpgradeRequiredPage : public Page {
 public:
  explicit UpgradeRequiredPage(Sender sender) : sender_(sender) {}

  void on_body(http::Exchange& exchange, std::span<char> /*data*/, bool end) override {
    if (!end) return;
    http::HeadWriter head;
    sender_.write_head(head, 426, kJson);
    head.field("Upgrade", "websocket").field("Sec-WebSocket-Version", "13");
    head.field("Content-Length", kBody.size());
    exchange.send_head(head,
                       sender_.is_head ? http::ReplyFraming::None : http::ReplyFraming::Length,
                       sender_.is_head ? std::string_view{} : kBody, /*end=*/true);
  }
  void on_drained(http::Exchange& /*exchange*/) override {}

 private:
  static constexpr std::string_view kBody =
      R"({"error":"upgrade_required","message":"this path speaks WebSocket, version 13"})";

  Sender sender_;
};

bool offers_websocket(const http::RequestHead& head) {
  const http::Field* upgrade = head.find(http::FieldId::Upgrade);
  if (upgrade == nullptr || !head.connection_upgrade || head.minor_version != 1) return false;
  http::ListReader protocols(upgrade->value);
  while (const auto protocol = protocols.next()) {
    if (equals_ignore_case(*protocol, "websocket")) return true;
  }
  return false;
}

}  // namespace

PagePtr make_websocket(const PageRequest& request) {
  const http::RequestHead& head = request.head;
  const http::Field* version = head.find("Sec-WebSocket-Version");
  if (head.method != "GET" || !offers_websocket(head) || version == nullptr ||
      version->value != "13") {
    return std::make_unique<UpgradeRequiredPage>(request.sender);
  }
  const http::Field* key = head.find("Sec-WebSocket-Key");
  if (key == nullptr || !is_websocket_key(key->value)) {
    return make_bad_request(request, "Sec-WebSocket-Key is not the base64 form of 16 bytes");
  }
  return std::make_unique<WebsocketPage>(request, websocket_accept(key->value));
}

}  // namespace gateway::example
