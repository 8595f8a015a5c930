// SPDX-License-Identifier: MIT
#include "proxy/trailers.h"

#include <algorithm>
#include <array>

#include "http/field_name.h"
#include "util/text.h"

namespace gateway::proxy {
namespace {

// Beside those the gateway acts on (http::FieldId) and Content-*.
constexpr std::array<std::string_view, 30> kNotInTrailers{
    // authentication and state
    "authorization", "www-authenticate", "proxy-authorization", "proxy-authenticate",
    "authentication-info", "proxy-authentication-info", "cookie", "set-cookie",
    // requests: controls and conditions
    "cache-control", "max-forwards", "pragma", "range", "if-match", "if-none-match",
    "if-modified-since", "if-unmodified-since", "if-range", "accept", "accept-encoding",
    "accept-language", "origin", "referer", "user-agent",
    // responses: control
    "age", "expires", "location", "retry-after", "vary", "allow", "server"};

// Their definition allows them behind the content (RFC 9530 §2).
constexpr std::string_view kContentDigest("content-digest");

bool is_control(std::string_view name) {
  constexpr std::string_view kContent("content-");
  if (equals_ignore_case(name.substr(0, kContent.size()), kContent)) {
    return !equals_ignore_case(name, kContentDigest);
  }
  return std::any_of(kNotInTrailers.begin(), kNotInTrailers.end(),
                     [&](std::string_view other) { return equals_ignore_case(name, other); });
}

bool is_edited(std::string_view name, const HeaderEdits& edits) {
  const auto is_it = [&](std::string_view other) { return equals_ignore_case(name, other); };
  return std::any_of(edits.remove.begin(), edits.remove.end(), is_it) ||
         std::any_of(edits.set.begin(), edits.set.end(),
                     [&](const HeaderField& field) { return is_it(field.name); });
}

bool may_pass(std::string_view name, const HeaderEdits& edits) {
  return http::classify(name) == http::FieldId::Other && !http::is_look_alike(name) &&
         !is_control(name) && !is_edited(name, edits);
}

}  // namespace

bool wants_trailers(const http::RequestHead& request) {
  if (request.minor_version == 0 || !request.has(http::FieldId::Te)) return false;
  for (const http::Field& field : request.fields) {
    if (field.id != http::FieldId::Te) continue;
    http::ListReader codings(field.value);
    while (const auto coding = codings.next()) {
      if (equals_ignore_case(*coding, "trailers")) return true;
    }
  }
  return false;
}

bool announces_trailers(const http::RequestHead& request) {
  return request.framing == http::Framing::Chunked && request.has(http::FieldId::Trailer);
}

void filter_trailers(std::string& section, const HeaderEdits& edits) {
  std::size_t kept = 0;
  for (std::size_t line = 0; line < section.size();) {
    const std::size_t next = section.find('\n', line) + 1;
    const std::string_view name =
        std::string_view(section).substr(line, section.find(':', line) - line);
    if (may_pass(name, edits)) {
      std::copy(section.begin() + static_cast<std::ptrdiff_t>(line),
                section.begin() + static_cast<std::ptrdiff_t>(next),
                section.begin() + static_cast<std::ptrdiff_t>(kept));
      kept += next - line;
    }
    line = next;
  }
  section.resize(kept);
}

}  // namespace gateway::proxy
