// SPDX-License-Identifier: MIT
#include "proxy/client_address.h"

#include <algorithm>

#include "http/field_name.h"
#include "util/address.h"

namespace gateway::proxy {
namespace {

/// Some proxies add a port: "192.0.2.1:80", "[2001:db8::1]:80". Empty: no address.
std::string address_of(std::string_view entry) {
  if (entry.starts_with('[')) {
    entry = entry.substr(1, entry.find(']') - 1);
  } else if (std::count(entry.begin(), entry.end(), ':') == 1) {
    entry = entry.substr(0, entry.find(':'));
  }
  const auto address = Address::from_ip(entry, 0);
  return address ? address->host() : std::string();
}

}  // namespace

std::string client_address(const http::Exchange& exchange) {
  std::string client(exchange.peer());
  const auto& fields = exchange.request().fields;
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    if (field->id != http::FieldId::XForwardedFor) continue;
    std::string_view left = field->value;
    while (!left.empty()) {
      const std::size_t comma = left.rfind(',');
      const std::size_t begin = comma == left.npos ? 0 : comma + 1;
      std::string address = address_of(http::trim_whitespace(left.substr(begin)));
      if (address.empty()) return client;
      client = std::move(address);
      if (!exchange.trusts(client)) return client;
      left = left.substr(0, begin == 0 ? 0 : comma);
    }
  }
  return client;
}

}  // namespace gateway::proxy
