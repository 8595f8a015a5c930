// SPDX-License-Identifier: MIT
#include "proxy/local_answer.h"

#include <utility>

#include "proxy/reply.h"

namespace gateway::proxy {

void LocalAnswer::answer(ProxyContext& context, http::Exchange& exchange,
                         const AnsweringRoute& route, http::Reply reply, std::string extra_fields) {
  auto* self = new LocalAnswer(context, std::move(reply), std::move(extra_fields));
  exchange.set_handler(*self);
  self->entry_.begin(exchange, context.access_log);
  self->entry_.count_on(route.counters);
  self->entry_.route = route.name;
  if (exchange.refusal() != Cause::None) self->send(exchange);
}

void LocalAnswer::send(http::Exchange& exchange) {
  if (exchange.has_begun()) return;
  if (reply_.cause != Cause::None) {
    send_error(context_, exchange, entry_, reply_.cause, extra_fields_);
  } else {
    send_own_reply(context_, exchange, entry_,
                   {reply_.status, reply_.content_type, reply_.body, extra_fields_});
  }
}

void LocalAnswer::on_body(http::Exchange& exchange, std::span<char>, bool) { send(exchange); }

void LocalAnswer::on_body_failed(http::Exchange& exchange, Cause) { send(exchange); }

void LocalAnswer::on_finished(http::Exchange& exchange, Cause cause) {
  if (cause != Cause::None) entry_.cause = cause;
  entry_.write(context_.access_log, exchange);
  delete this;
}

}  // namespace gateway::proxy
