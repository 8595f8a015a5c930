// SPDX-License-Identifier: MIT
#include "example/sender.h"

#include <string>

#include "util/json_escape.h"

namespace gateway::example {

void Sender::write_head(http::HeadWriter& head, int status, std::string_view content_type) const {
  head.status_line(status, reason_phrase(status));
  head.field("X-Example-Service", service);
  head.field("Content-Type", content_type);
}

void Sender::send(http::Exchange& exchange, int status, std::string_view content_type,
                  std::string_view body) const {
  http::HeadWriter head;
  write_head(head, status, content_type);
  // RFC 9110 §8.6: no Content-Length with 204; with 304 it would be that of another answer.
  const bool may_have_body = status != 204 && status != 304;
  if (may_have_body) head.field("Content-Length", body.size());
  if (is_head || !may_have_body) {
    exchange.send_head(head, http::ReplyFraming::None, {}, /*end=*/true);
  } else {
    exchange.send_head(head, http::ReplyFraming::Length, body, /*end=*/true);
  }
}

void Sender::send_error(http::Exchange& exchange, int status, std::string_view error,
                        std::string_view message) const {
  std::string body = "{\"error\":";
  append_json_string(body, error);
  body += ",\"message\":";
  append_json_string(body, message);
  body += ",\"service\":";
  append_json_string(body, service);
  body += '}';
  send(exchange, status, kJson, body);
}

void Sender::send_error(http::Exchange& exchange, Cause cause) const {
  const CauseInfo& why = info(cause);
  send_error(exchange, why.status, why.error, why.message);
}

}  // namespace gateway::example
