// SPDX-License-Identifier: MIT
#include "proxy/forwarded_head.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "http/date.h"
#include "http/field_name.h"
#include "proxy/max_forwards.h"
#include "proxy/trailers.h"
#include "util/text.h"

namespace gateway::proxy {
namespace {

using http::Field;
using http::FieldId;

bool is_dropped(const http::RequestHead& head, const Field& field, bool peer_is_trusted) {
  switch (field.id) {
    case FieldId::Forwarded:
    case FieldId::XForwarded: return !peer_is_trusted;
    case FieldId::Expect:
    case FieldId::Host:
    case FieldId::LookAlike:
    case FieldId::XForwardedFor:
    case FieldId::XRequestId: return true;
    // Without a chunked body there are no trailers to announce.
    case FieldId::Trailer:
      return head.framing != http::Framing::Chunked || head.is_hop_by_hop(field);
    default: return head.is_hop_by_hop(field);
  }
}

bool is_dropped(const http::ResponseHead& head, const Field& field, bool with_trailers) {
  if (field.id == FieldId::Trailer && !with_trailers) return true;
  if (field.id == FieldId::XRequestId) return head.status >= 200 || head.status == 101;
  // RFC 9110 §8.6: neither 1xx nor 204 has one.
  if (field.id == FieldId::ContentLength) return head.status == 204 || head.status < 200;
  if (field.id == FieldId::Upgrade && head.status == 426) return false;  // RFC 9110 §15.5.22
  return head.is_hop_by_hop(field);
}

template <class IsLeftOut>
void copy_lines(http::HeadWriter& out, const http::Head& head, const IsLeftOut& is_left_out) {
  if (head.fields.empty()) return;
  const char* run = head.fields.front().line;
  const auto copy_until = [&](const char* end) {
    out.add({run, static_cast<std::size_t>(end - run)});
  };
  for (std::size_t i = 0; i < head.fields.size(); i++) {
    if (!is_left_out(head.fields[i])) continue;
    copy_until(head.fields[i].line);
    run = i + 1 < head.fields.size() ? head.fields[i + 1].line : head.fields_end;
  }
  copy_until(head.fields_end);
}

bool is_replaced(const HeaderEdits& edits, const Field& field) {
  if (field.id != FieldId::Other && field.id != FieldId::LookAlike) return false;
  const auto is_it = [&](std::string_view name) { return equals_ignore_case(field.name, name); };
  return std::any_of(edits.remove.begin(), edits.remove.end(), is_it) ||
         std::any_of(edits.set.begin(), edits.set.end(),
                     [&](const HeaderField& set) { return is_it(set.name); });
}

void add_fields(http::HeadWriter& out, const HeaderEdits& edits) {
  for (const HeaderField& field : edits.set) out.field(field.name, field.value.text);
  for (const HeaderField& field : edits.add) out.field(field.name, field.value.text);
}

/// The lines of `head` for which `is_left_out(field)` is false, then those that `edits` add.
template <class IsLeftOut>
void copy_fields(http::HeadWriter& out, const http::Head& head, const HeaderEdits* edits,
                 const IsLeftOut& is_left_out) {
  if (edits != nullptr) {
    copy_lines(out, head, [&](const Field& field) {
      return is_left_out(field) || is_replaced(*edits, field);
    });
    add_fields(out, *edits);
  } else {
    copy_lines(out, head, is_left_out);
  }
}

void add_forwarding_fields(http::HeadWriter& out, const http::RequestHead& request,
                           const Sender& sender) {
  const bool trusted = sender.is_trusted;
  const auto is_told = [&](std::string_view name) {
    return trusted && request.find(name) != nullptr;
  };
  out.add("X-Forwarded-For: ");
  for (const Field& field : request.fields) {
    const bool goes_on = trusted && field.id == FieldId::XForwardedFor && !field.value.empty();
    if (goes_on) out.add(field.value).add(", ");
  }
  out.add(sender.peer).add("\r\n");
  const bool scheme_is_told = is_told("X-Forwarded-Proto");
  if (!scheme_is_told) out.add("X-Forwarded-Proto: http\r\n");
  if (!request.authority.empty() && !is_told("X-Forwarded-Host")) {
    out.field("X-Forwarded-Host", request.authority);
  }
  // Our port does not go with another's scheme. A unix socket has none.
  if (!scheme_is_told && sender.local_port != 0 && !is_told("X-Forwarded-Port")) {
    out.field("X-Forwarded-Port", sender.local_port);
  }
}

}  // namespace

bool wants_upgrade(const http::RequestHead& request) {
  if (!request.connection_upgrade || request.minor_version == 0) return false;
  if (request.framing != http::Framing::None) return false;
  const Field* upgrade = request.find(FieldId::Upgrade);
  if (upgrade == nullptr || upgrade->value.empty()) return false;
  for (const Field& field : request.fields) {
    if (field.id != FieldId::Upgrade) continue;
    http::ListReader protocols(field.value);
    while (auto protocol = protocols.next()) {
      if (equals_ignore_case(protocol->substr(0, 3), "h2c")) return false;
    }
  }
  return true;
}

const HeaderEdits* edits_or_none(const HeaderEdits& edits) {
  const bool has_some = !edits.remove.empty() || !edits.set.empty() || !edits.add.empty();
  return has_some ? &edits : nullptr;
}

Sender sender_of(const http::Exchange& exchange) {
  return {exchange.peer(), exchange.peer_is_trusted(), exchange.local_port()};
}

bool keeps_host(const RouteConfig& route, const http::RequestHead& request) {
  return route.preserve_host && !request.authority.empty();
}

UpstreamRequest upstream_request(const RouteConfig& route, const http::RequestHead& request,
                                 std::string_view instance_host, std::string_view request_id) {
  UpstreamRequest upstream;
  upstream.path_prefix = route.rewrite_prefix;
  upstream.rest = request.target.substr(route.match.path_prefix.size());
  upstream.host = keeps_host(route, request) ? request.authority : instance_host;
  upstream.request_id = request_id;
  if (wants_upgrade(request)) upstream.upgrade = request.find(FieldId::Upgrade)->value;
  upstream.wants_trailers = wants_trailers(request);
  upstream.edits = edits_or_none(route.request_headers);
  return upstream;
}

void write_request_head(http::HeadWriter& out, const http::RequestHead& request,
                        const Sender& sender, const UpstreamRequest& upstream) {
  out.clear();
  out.add(request.method).add(" ").add(upstream.path_prefix).add(upstream.rest);
  out.add(" HTTP/1.1\r\nHost: ").add(upstream.host).add("\r\n");
  const std::optional<std::uint32_t> forwards = max_forwards(request);
  copy_fields(out, request, upstream.edits, [&](const Field& field) {
    return is_dropped(request, field, sender.is_trusted) ||
           (forwards && equals_ignore_case(field.name, "max-forwards"));
  });
  if (forwards) out.field("Max-Forwards", *forwards - 1);
  if (request.framing == http::Framing::Chunked) out.add("Transfer-Encoding: chunked\r\n");
  if (!upstream.upgrade.empty()) {
    out.add("Connection: upgrade\r\nUpgrade: ").add(upstream.upgrade).add("\r\n");
  }
  if (upstream.wants_trailers) out.add("Connection: TE\r\nTE: trailers\r\n");
  add_forwarding_fields(out, request, sender);
  out.add("X-Request-ID: ").add(upstream.request_id).add("\r\n\r\n");
}

void replace_host(http::HeadWriter& out, std::string_view host) {
  constexpr std::string_view kName("\r\nHost: ");
  const std::string before(out.view());
  const auto begin = before.find(kName) + kName.size();
  const auto end = before.find("\r\n", begin);
  const std::string_view text(before);
  if (text.substr(begin, end - begin) == host) return;
  out.clear();
  out.add(text.substr(0, begin)).add(host).add(text.substr(end));
}

void write_response_head(http::HeadWriter& out, const http::ResponseHead& response,
                         std::string_view request_id, const HeaderEdits* edits,
                         bool with_trailers) {
  const bool is_interim = response.status < 200 && response.status != 101;
  out.clear();
  out.status_line(response.status, response.reason);
  copy_fields(out, response, is_interim ? nullptr : edits,
              [&](const Field& field) { return is_dropped(response, field, with_trailers); });
  if (response.status == 101) {
    out.add("Connection: upgrade\r\n");
    const Field* upgrade = response.find(FieldId::Upgrade);
    if (upgrade != nullptr) out.field("Upgrade", upgrade->value);
  } else if (is_interim) {
    return;
  } else if (response.find(FieldId::Date) == nullptr || response.nominates("date")) {
    out.field("Date", http::http_date());
  }
  if (response.status == 426) out.add("Connection: upgrade\r\n");
  out.field("X-Request-ID", request_id);
}

}  // namespace gateway::proxy
