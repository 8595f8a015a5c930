// SPDX-License-Identifier: MIT
#include "proxy/access_entry.h"

#include <span>
#include <utility>

#include "http/field_name.h"
#include "proxy/client_address.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/trace_parent.h"
#include "util/uuid.h"

namespace gateway::proxy {
namespace {

// A line has no room for more of one value.
constexpr std::size_t kLongest = LogOutput::kMaxLine;

constexpr std::uint64_t kTraceIds =
    access_field_bit(AccessField::TraceId) | access_field_bit(AccessField::ParentId);

constexpr std::uint64_t kPhases =
    access_field_bit(AccessField::Queue) | access_field_bit(AccessField::Connect) |
    access_field_bit(AccessField::UpstreamHeader) | access_field_bit(AccessField::Upstream);

std::string_view value_of(const http::RequestHead& request, std::string_view name) {
  const http::Field* field = request.find(name);
  return field == nullptr ? std::string_view{} : field->value;
}

/// Empty when there is none that is valid. Two are as good as none: which is whose?
std::string_view trace_parent_of(const http::RequestHead& request) {
  constexpr std::string_view kName("traceparent");
  constexpr std::size_t kLength = 55;  // a later version may have more
  std::string_view found;
  for (const http::Field& field : request.fields) {
    if (field.name.size() != kName.size()) continue;
    if (!equals_ignore_case(field.name, kName)) continue;
    if (!found.empty() || !parse_trace_parent(field.value)) return {};
    found = field.value.substr(0, kLength);
  }
  return found;
}

}  // namespace

void AccessEntry::begin(const http::Exchange& exchange, const AccessLog& log) {
  const http::RequestHead& request = exchange.request();
  route = service = instance = detail = {};
  status = 0;
  attempts = 0;
  cause = Cause::None;
  phases.begin(exchange.started_us(), log.has_any(kPhases));
  copy_request(exchange, log);
  is_http10_ = request.minor_version == 0;
  client_.clear();
  if (exchange.peer_is_trusted()) client_ = client_address(exchange);
  const http::Field* given = request.find(http::FieldId::XRequestId);
  if (given != nullptr && is_valid_request_id(given->value)) {
    id_.assign(given->value);
  } else {
    id_.resize(kUuidLength);
    write_uuid(std::span<char, kUuidLength>(id_));
  }
}

void AccessEntry::copy_request(const http::Exchange& exchange, const AccessLog& log) {
  const http::RequestHead& request = exchange.request();
  const SecretMask& secrets = log.secrets();
  text_.assign(request.method);
  end(Text::Method);
  if (exchange.refusal() == Cause::None) {
    text_.append(request.path());
  } else {
    secrets.append_url(text_, request.path(), kLongest);  // perhaps no path at all
  }
  end(Text::Path);
  if (request.query().size() > 1 && log.has(AccessField::Query)) {
    secrets.append_query(text_, request.query().substr(1), kLongest);
  }
  end(Text::Query);
  if (log.has(AccessField::Host)) text_.append(request.authority.substr(0, kLongest));
  end(Text::Host);
  if (log.has(AccessField::UserAgent)) {
    text_.append(value_of(request, "User-Agent").substr(0, kLongest));
  }
  end(Text::UserAgent);
  if (log.has(AccessField::Referer)) {
    secrets.append_url(text_, value_of(request, "Referer"), kLongest);
  }
  end(Text::Referer);
  if (log.has_any(kTraceIds)) text_.append(trace_parent_of(request));
  end(Text::TraceParent);
  end(Text::UpstreamPath);
}

std::string_view AccessEntry::method() const {
  return std::string_view(text_).substr(0, ends_.front());
}

void AccessEntry::set_upstream_path(std::string_view prefix, std::string_view rest) {
  text_.resize(ends_[ends_.size() - 2]);
  text_.append(prefix).append(rest);
  end(Text::UpstreamPath);
}

void AccessEntry::write(AccessLog& log, const http::Exchange& exchange) const {
  AccessRecord record;
  take_texts(record);
  record.request_id = id_;
  record.client = client_.empty() ? exchange.peer() : client_;
  record.protocol = is_http10_ ? "HTTP/1.0" : "HTTP/1.1";
  record.target_service = service;
  record.instance = instance;
  record.route = route;
  record.status_code = status != 0 ? status : info(cause).status;
  record.duration_us = monotonic_us() - exchange.started_us();
  record.queue_us = phases.queue();
  record.connect_us = phases.connect();
  record.upstream_header_us = phases.upstream_header();
  record.upstream_us = phases.upstream();
  record.bytes_in = exchange.body_received();
  record.bytes_out = exchange.body_sent();
  record.attempts = attempts;
  record.cause = cause;
  record.detail = detail;
  log.write(record);
  if (counters_ == nullptr) return;
  counters_->end({record.status_code, cause, record.duration_us, record.bytes_in, record.bytes_out},
                 /*was_tunnel=*/record.status_code == 101);
}

void AccessEntry::take_texts(AccessRecord& record) const {
  const char* begin = text_.data();
  const auto next = [&](Text which) {
    const char* const end = text_.data() + ends_[static_cast<std::size_t>(which)];
    return std::string_view(std::exchange(begin, end), end);
  };
  record.method = next(Text::Method);
  record.path = next(Text::Path);
  record.query = next(Text::Query);
  record.host = next(Text::Host);
  record.user_agent = next(Text::UserAgent);
  record.referer = next(Text::Referer);
  if (const auto trace = parse_trace_parent(next(Text::TraceParent))) {
    record.trace_id = trace->trace_id;
    record.parent_id = trace->parent_id;
  }
  record.upstream_path = next(Text::UpstreamPath);
}

}  // namespace gateway::proxy
