// SPDX-License-Identifier: MIT
#include "proxy/reply.h"

#include "http/date.h"

namespace gateway::proxy {

// Every value is a word of ours, a configured name or a checked id: nothing needs escaping.
std::string error_body(Cause cause, const AccessEntry& entry) {
  const CauseInfo& row = info(cause);
  std::string body;
  const auto add = [&](std::string_view name, std::string_view value) {
    body.append(body.empty() ? "{\"" : ",\"").append(name).append("\":\"").append(value) += '"';
  };
  add("error", row.error);
  add("message", row.message);
  add("request_id", entry.request_id());
  add("cause", row.word);
  if (!entry.service.empty()) add("service", entry.service);
  return body += "}\n";
}

void send_own_reply(ProxyContext& context, http::Exchange& exchange, AccessEntry& entry,
                    const OwnReply& reply) {
  entry.status = reply.status;
  http::HeadWriter& head = context.reply;
  head.clear();
  head.status_line(reply.status, reason_phrase(reply.status)).field("Date", http::http_date());
  // RFC 9110 §8.6: a 204 has no length; a 304 has that of what was not sent.
  const bool has_content = reply.status != 204 && reply.status != 304;
  if (has_content) {
    if (!reply.content_type.empty()) head.field("Content-Type", reply.content_type);
    head.field("Content-Length", reply.body.size());
  }
  head.field("Cache-Control", "no-store")
      .field("X-Request-ID", entry.request_id())
      .add(reply.extra_fields);
  const bool without_body = !has_content || entry.method() == "HEAD";
  exchange.send_head(head, without_body ? http::ReplyFraming::None : http::ReplyFraming::Length,
                     without_body ? std::string_view{} : reply.body, /*end=*/true);
}

void send_error(ProxyContext& context, http::Exchange& exchange, AccessEntry& entry, Cause cause,
                std::string_view extra_fields) {
  entry.cause = cause;
  const std::string body = error_body(cause, entry);
  send_own_reply(context, exchange, entry,
                 {info(cause).status, "application/json", body, extra_fields});
}

}  // namespace gateway::proxy
