// SPDX-License-Identifier: MIT
#include "config/url.h"

#include <algorithm>
#include <optional>

#include "util/address.h"
#include "util/text.h"

namespace gateway {
namespace {

constexpr std::string_view kExpected = "; expected http://host[:port] or unix:/path";

Error rejected(std::string_view reason) { return Error{std::string(reason).append(kExpected)}; }

bool starts_with_ignore_case(std::string_view text, std::string_view prefix) {
  return equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

bool is_label(std::string_view label) {
  const auto allowed = [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), allowed);
}

bool is_host_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > 253) return false;
  const auto labels = split(host, '.');
  // With a number in the last place it is an IPv4 address, or a mistake in one.
  const bool is_numeric = std::all_of(labels.back().begin(), labels.back().end(), is_digit);
  return !is_numeric && std::all_of(labels.begin(), labels.end(), is_label);
}

struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;  ///< as written
};

Result<Authority> split_authority(std::string_view text) {
  std::size_t colon = text.find(':');
  Authority authority;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos)
      return rejected("the IPv6 address lacks its closing bracket");
    authority.host = text.substr(1, end - 1);
    if (!Address::from_ip(authority.host, 0) ||
        authority.host.find(':') == std::string_view::npos) {
      return rejected("no IPv6 address between the brackets");
    }
    if (end + 1 != text.size() && text[end + 1] != ':')
      return rejected("no port after the bracket");
    colon = text.find(':', end);
  } else {
    authority.host = text.substr(0, colon);
    if (colon != text.rfind(':')) return rejected("an IPv6 address needs [brackets]");
    if (authority.host.empty()) return rejected("the host is missing");
    if (!is_host_name(authority.host) && !Address::from_ip(authority.host, 0)) {
      return rejected("not a valid host name or address");
    }
  }
  if (colon != std::string_view::npos) authority.port = text.substr(colon + 1);
  return authority;
}

Result<InstanceConfig> parse_http(std::string_view url, std::string_view rest) {
  if (rest.find('#') != std::string_view::npos) return rejected("a fragment has no meaning here");
  if (rest.find('?') != std::string_view::npos) return rejected("a query is not supported");
  const std::size_t slash = rest.find('/');
  if (rest.substr(0, slash).find('@') != std::string_view::npos) {
    return rejected("a user name or password is not supported");
  }
  if (slash != std::string_view::npos && slash + 1 != rest.size()) {
    return rejected("a path is not supported, the route decides it");
  }
  auto authority = split_authority(rest.substr(0, slash));
  if (!authority) return std::move(authority).error();

  InstanceConfig instance;
  instance.url = url;
  instance.host = authority->host;
  if (authority->port) {
    const auto port = parse_port(*authority->port);
    if (port.value_or(0) == 0) return rejected("the port is not a number from 1 to 65535");
    instance.port = *port;
  }
  return instance;
}

Result<InstanceConfig> parse_unix(std::string_view url, std::string_view path) {
  if (auto address = Address::from_unix_path(path); !address) return std::move(address).error();
  InstanceConfig instance;
  instance.url = url;
  instance.unix_path = path;
  return instance;
}

}  // namespace

Result<InstanceConfig> parse_instance_url(std::string_view url) {
  constexpr std::string_view kUnix = "unix:";
  constexpr std::string_view kHttp = "http://";
  if (starts_with_ignore_case(url, kUnix)) return parse_unix(url, url.substr(kUnix.size()));
  if (starts_with_ignore_case(url, kHttp)) return parse_http(url, url.substr(kHttp.size()));
  if (starts_with_ignore_case(url, "https://")) return rejected("https is not supported yet");
  if (url.find("://") != std::string_view::npos) return rejected("the scheme is not supported");
  return rejected("the scheme is missing");
}

std::string without_user(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < begin) return std::string(url);
  return std::string(url.substr(0, begin)).append("***").append(url.substr(at));
}

}  // namespace gateway
