// SPDX-License-Identifier: MIT
#include "endpoint/admin.h"

#include <utility>

#include "endpoint/identity.h"
#include "http/date.h"
#include "http/head_writer.h"

namespace gateway::endpoint {
namespace {

http::Reply error_reply(Cause cause) {
  http::Reply reply;
  reply.status = info(cause).status;
  reply.cause = cause;
  return reply;
}

/// One answer; deletes itself when it is over.
class Answer : public http::ExchangeHandler {
 public:
  Answer(http::Reply reply, bool without_body)
      : reply_(std::move(reply)), without_body_(without_body) {}

  void send(http::Exchange& exchange) {
    if (exchange.has_begun()) return;
    if (reply_.cause != Cause::None) {
      const CauseInfo& cause = info(reply_.cause);
      reply_.body =
          to_body({{"error", cause.error}, {"message", cause.message}, {"cause", cause.word}});
      reply_.body += '\n';
    }
    head_.status_line(reply_.status, reason_phrase(reply_.status))
        .field("Date", http::http_date())
        .field("Content-Type", reply_.content_type)
        .field("Content-Length", reply_.body.size())
        .field("Cache-Control", "no-store");
    if (!reply_.allow.empty()) head_.field("Allow", reply_.allow);
    const auto framing = without_body_ ? http::ReplyFraming::None : http::ReplyFraming::Length;
    exchange.send_head(head_, framing, without_body_ ? std::string_view{} : reply_.body,
                       /*end=*/true);
  }

  void on_body(http::Exchange& exchange, std::span<char>, bool) override { send(exchange); }
  void on_body_failed(http::Exchange& exchange, Cause) override { send(exchange); }
  void on_drained(http::Exchange&) override {}
  void on_finished(http::Exchange&, Cause) override { delete this; }

 private:
  http::Reply reply_;
  http::HeadWriter head_;
  const bool without_body_;
};

}  // namespace

void Admin::on_request(http::Exchange& exchange) {
  const http::RequestHead& request = exchange.request();
  const Cause refusal = exchange.refusal();
  auto reply = refusal == Cause::None ? registry_.respond(request) : error_reply(refusal);
  if (!reply) reply = error_reply(Cause::NoRoute);
  auto* answer = new Answer(*std::move(reply), request.is_head());
  exchange.set_handler(*answer);
  // Otherwise with the first piece of the body: a small one does not cost the connection then.
  if (refusal != Cause::None) answer->send(exchange);
}

}  // namespace gateway::endpoint
