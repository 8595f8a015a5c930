// SPDX-License-Identifier: MIT
//
// The first line of a head: request line with its target, status line.
#include <algorithm>

#include "http/field_name.h"
#include "http/field_text.h"
#include "http/head_parser.h"
#include "http/target.h"
#include "util/text.h"

namespace gateway::http {

// A request line that has not ended yet: is it still one? Tells a TLS handshake or other noise
// apart at once instead of waiting for a line end that may never come.
bool HeadParser::may_become_request_line(std::string_view start) {
  for (std::size_t i = 0; i < start.size() && start[i] != ' '; i++) {
    const bool leading_line_end = i == 0 && start[i] == '\r' && start.size() == 1;
    if (i >= kMaxMethod) return false;
    if (!kTokenByte[static_cast<unsigned char>(start[i])] && !leading_line_end) return false;
  }
  return true;
}

// method SP request-target SP HTTP-version (RFC 9112 §3)
bool HeadParser::parse_request_line(std::string_view line) {
  cause_ = Cause::BadRequestLine;
  const auto first = line.find(' ');
  if (first == line.npos) return false;
  const auto second = line.find(' ', first + 1);
  if (second == line.npos || second == first + 1) return false;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (method.size() > kMaxMethod || !is_token(method)) return false;
  request_.method = method;
  request_.set_target(target);
  if (version.size() != kVersionLength || !version.starts_with("HTTP/") || version[6] != '.' ||
      !is_digit(version[5]) || !is_digit(version[7])) {
    return false;
  }
  if (version[5] != '1' || version[7] > '1') {
    cause_ = Cause::Version;
    return false;
  }
  request_.minor_version = version[7] - '0';
  if (target.size() > limits_.target) {
    cause_ = Cause::TargetLimit;
    return false;
  }
  if (method == "CONNECT") {
    cause_ = Cause::ConnectMethod;
    return false;
  }
  return parse_target(target);
}

// RFC 9112 §3.2
bool HeadParser::parse_target(std::string_view target) {
  cause_ = Cause::BadTarget;
  if (target == "*") return request_.method == "OPTIONS";
  if (target[0] != '/') {
    constexpr std::string_view kScheme("http://");
    if (!equals_ignore_case(target.substr(0, kScheme.size()), kScheme)) return false;
    const std::string_view rest = target.substr(kScheme.size());
    const auto end = rest.find_first_of("/?#");
    request_.authority = rest.substr(0, end);
    authority_from_target_ = true;  // wins over Host (RFC 9112 §3.2.2)
    if (!is_valid_authority(request_.authority)) return false;
    target = path_of(rest.substr(std::min(end, rest.size())));
    request_.set_target(target);
    if (target == "*") return true;
  }
  return is_valid_origin_form(target);
}

/// An empty path means "/"; of OPTIONS without a query, the server as a whole (RFC 9112 §3.2.4).
std::string_view HeadParser::path_of(std::string_view behind_authority) {
  if (behind_authority.empty()) return request_.method == "OPTIONS" ? "*" : "/";
  if (behind_authority[0] != '?') return behind_authority;
  query_target_.assign("/").append(behind_authority);
  return query_target_;
}

bool HeadParser::parse_status_line(std::string_view line) {
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
  if ((line[7] != '0' && line[7] != '1') || !is_digit(line[9]) || !is_digit(line[10]) ||
      !is_digit(line[11])) {
    return false;
  }
  if (line.size() > 12 && line[12] != ' ') return false;
  response_.minor_version = line[7] - '0';
  response_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  response_.reason = line.size() > 13 ? line.substr(13) : std::string_view{};
  return response_.status >= 100 && response_.status <= 599 && is_text(response_.reason);
}

}  // namespace gateway::http
