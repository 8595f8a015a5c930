// SPDX-License-Identifier: MIT
#include "proxy/access_entry.h"

#include <span>

#include "proxy/client_address.h"
#include "util/clock.h"
#include "util/uuid.h"

namespace gateway::proxy {

void AccessEntry::begin(const http::Exchange& exchange) {
  const http::RequestHead& request = exchange.request();
  service = detail = {};
  status = 0;
  attempts = 0;
  cause = Cause::None;
  method_length_ = request.method.size();
  path_length_ = request.path().size();
  text_.assign(request.method).append(request.path());
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

void AccessEntry::set_upstream_path(std::string_view prefix, std::string_view rest) {
  text_.resize(method_length_ + path_length_);
  text_.append(prefix).append(rest);
}

void AccessEntry::write(AccessLog& log, const http::Exchange& exchange) const {
  const std::string_view text(text_);
  AccessRecord record;
  record.request_id = id_;
  record.client = client_.empty() ? exchange.peer() : client_;
  record.method = text.substr(0, method_length_);
  record.path = text.substr(method_length_, path_length_);
  record.protocol = is_http10_ ? "HTTP/1.0" : "HTTP/1.1";
  record.target_service = service;
  record.upstream_path = text.substr(method_length_ + path_length_);
  record.status_code = status != 0 ? status : info(cause).status;
  record.duration_us = monotonic_us() - exchange.started_us();
  record.bytes_in = exchange.body_received();
  record.bytes_out = exchange.body_sent();
  record.attempts = attempts;
  record.cause = cause;
  record.detail = detail;
  log.write(record);
}

}  // namespace gateway::proxy
