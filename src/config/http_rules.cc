// SPDX-License-Identifier: MIT
#include "config/http_rules.h"

#include <algorithm>
#include <array>
#include <string>

#include "util/address.h"
#include "util/text.h"

namespace gateway {
namespace {

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || is_letter(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool has_whole_encodings(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
    if (text.substr(at + 1, 2) == "00") return false;
  }
  return true;
}

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c == '_') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Message framing, hop-by-hop fields, and what the gateway itself tells services and clients.
constexpr std::array<std::string_view, 13> kOwnFields{
    "connection",       "content-length", "date",       "expect",
    "forwarded",        "host",           "keep-alive", "te",
    "proxy-connection", "trailer",        "upgrade",    "x-request-id",
    "transfer-encoding"};

constexpr std::array<std::string_view, 2> kSchemes{"http://", "https://"};

bool is_host_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
         });
}

}  // namespace

Status check_path_prefix(std::string_view prefix) {
  if (!prefix.starts_with('/') || !prefix.ends_with('/')) {
    const std::string fixed = std::string(prefix.starts_with('/') ? "" : "/")
                                  .append(prefix)
                                  .append(prefix.ends_with('/') ? "" : "/");
    return Error{"a path prefix starts and ends with a slash: " + quoted(fixed)};
  }
  const bool is_clean = std::all_of(prefix.begin(), prefix.end(), [](char c) {
    return is_visible(c) && c != '?' && c != '#' && c != '\\';
  });
  if (!is_clean || !has_whole_encodings(prefix)) {
    return Error{"expected a path in visible ASCII, without ?, # and \\, other characters as %XX"};
  }
  for (const std::string_view segment : split(prefix, '/')) {
    if (segment == "." || segment == "..") {
      return Error{"a path prefix cannot have the segments . and .."};
    }
  }
  return ok();
}

Status check_match_prefix(std::string_view prefix) {
  if (prefix.starts_with("/api/gateway/")) {
    return Error{"paths below /api/gateway/ are answered by the gateway itself"};
  }
  return check_path_prefix(prefix);
}

Status check_host_pattern(std::string_view host) {
  std::string_view name = host;
  if (name.starts_with("*.")) name.remove_prefix(2);
  const auto labels = split(name, '.');
  const bool is_name =
      name.size() <= 253 && std::all_of(labels.begin(), labels.end(), is_host_label);
  // As a Host field has it: IPv6 in brackets.
  const bool is_bare_v6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  const bool is_address = name == host && !is_bare_v6 && Address::from_ip(host, 0).has_value();
  if (is_name || is_address) return ok();
  return Error{"expected a host such as \"api.example.com\" or \"*.example.com\", without port"};
}

Status check_method(std::string_view method) {
  constexpr std::array<std::string_view, 8> kKnown{"GET",    "HEAD",    "POST",  "PUT",
                                                   "DELETE", "OPTIONS", "PATCH", "TRACE"};
  if (!is_token(method)) return Error{"expected a method such as \"GET\""};
  if (method == "CONNECT") return Error{"CONNECT is not supported"};
  for (const std::string_view known : kKnown) {
    if (method != known && equals_ignore_case(method, known)) {
      return Error{"methods are case-sensitive: write " + quoted(known)};
    }
  }
  return ok();
}

Status check_request(std::string_view request) {
  const std::size_t blank = request.find(' ');
  const std::string_view method = request.substr(0, blank);
  // What the gateway refuses may be tested too; only control characters would end the line.
  const bool is_line = std::none_of(request.begin(), request.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (blank == std::string_view::npos || blank + 1 == request.size() || !is_token(method) ||
      !is_line) {
    return Error{"expected a method and a path or URL, such as \"GET /api/orders\""};
  }
  return method == "CONNECT" ? ok() : check_method(method);
}

Status check_field_name(std::string_view name) {
  if (is_token(name)) return ok();
  return Error{quoted(name) + " is not the name of a header field"};
}

Status check_header_name(std::string_view name) {
  if (Status status = check_field_name(name); !status) return status;
  const std::string folded_name = folded(name);
  const bool is_own =
      std::find(kOwnFields.begin(), kOwnFields.end(), folded_name) != kOwnFields.end() ||
      folded_name.starts_with("x-forwarded-");
  if (!is_own) return ok();
  return Error{"the header field " + quoted(name) + " belongs to the gateway itself" +
               (folded_name == "host" ? "; see preserve_host" : "")};
}

Status check_header_value(std::string_view value) {
  const bool is_printable = std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
  if (is_printable && trim(value).size() == value.size()) return ok();
  return Error{"expected the value of a header field: no control characters, no blanks around it"};
}

Status check_location(std::string_view location) {
  const bool is_path = location.starts_with('/') && !location.starts_with("//");
  const bool is_url = std::any_of(kSchemes.begin(), kSchemes.end(), [&](std::string_view scheme) {
    return location.starts_with(scheme) && location.size() > scheme.size();
  });
  if ((is_path || is_url) && std::all_of(location.begin(), location.end(), is_visible) &&
      has_whole_encodings(location)) {
    return ok();
  }
  return Error{"expected a URL such as \"https://example.com/\" or an absolute path"};
}

}  // namespace gateway
