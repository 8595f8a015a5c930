// SPDX-License-Identifier: MIT
#include "util/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "util/text.h"

namespace gateway {
namespace {

// sockaddr_storage is read and written through copies of the concrete types: no aliasing.
template <class T>
T load(const sockaddr_storage& storage) {
  T address{};
  std::memcpy(&address, &storage, sizeof(address));
  return address;
}

template <class T>
void store(const T& address, sockaddr_storage& storage) {
  std::memcpy(&storage, &address, sizeof(address));
}

sockaddr_in unmapped(const sockaddr_in6& mapped) {
  sockaddr_in plain{};
  plain.sin_family = AF_INET;
  plain.sin_port = mapped.sin6_port;
  std::memcpy(&plain.sin_addr, &mapped.sin6_addr.s6_addr[12], sizeof(plain.sin_addr));
  return plain;
}

std::string unix_path(const sockaddr_un& address, socklen_t size) {
  const std::size_t room = size - std::min<std::size_t>(size, offsetof(sockaddr_un, sun_path));
  return {address.sun_path, strnlen(address.sun_path, room)};
}

}  // namespace

Address::Address(const sockaddr* address, socklen_t length)
    : size_(std::min<socklen_t>(length, sizeof(storage_))) {
  std::memcpy(&storage_, address, size_);
  if (family() != AF_INET6) return;
  const auto v6 = load<sockaddr_in6>(storage_);
  if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return;
  storage_ = {};
  store(unmapped(v6), storage_);
  size_ = sizeof(sockaddr_in);
}

Result<Address> Address::from_ip(std::string_view ip, std::uint16_t port) {
  std::string text(ip);
  const bool bracketed = ip.size() > 2 && ip.front() == '[' && ip.back() == ']';
  if (bracketed) text = ip.substr(1, ip.size() - 2);

  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (!bracketed && inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof(v4));
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
  }
  return Error{quoted(ip) + " is not a numeric IPv4 or IPv6 address"};
}

Result<Address> Address::from_unix_path(std::string_view path) {
  sockaddr_un address{};
  if (path.empty() || path.front() != '/') {
    return Error{"the path of a unix socket must be absolute, not " + quoted(path)};
  }
  if (path.size() >= sizeof(address.sun_path)) {
    return Error{"the path of a unix socket has at most " +
                 std::to_string(sizeof(address.sun_path) - 1) + " bytes, not " +
                 std::to_string(path.size())};
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return Address(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

Result<Address> Address::parse(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) return from_unix_path(text.substr(kUnix.size()));
  const std::size_t colon = std::min(text.rfind(':'), text.size());
  const std::string_view host = text.substr(0, colon);
  const auto port = parse_port(text.substr(std::min(colon + 1, text.size())));
  // Without its brackets an IPv6 address and a port cannot be told apart.
  const bool is_bare_v6 = !host.starts_with('[') && host.find(':') != std::string_view::npos;
  if (!port || is_bare_v6) {
    return Error{quoted(text) +
                 " is not an address such as 127.0.0.1:8000, [::1]:8000 or unix:/path"};
  }
  return from_ip(host, *port);
}

std::uint16_t Address::port() const {
  switch (family()) {
    case AF_INET: return ntohs(load<sockaddr_in>(storage_).sin_port);
    case AF_INET6: return ntohs(load<sockaddr_in6>(storage_).sin6_port);
    default: return 0;
  }
}

void Address::set_port(std::uint16_t port) {
  if (family() == AF_INET) {
    auto v4 = load<sockaddr_in>(storage_);
    v4.sin_port = htons(port);
    store(v4, storage_);
  } else if (family() == AF_INET6) {
    auto v6 = load<sockaddr_in6>(storage_);
    v6.sin6_port = htons(port);
    store(v6, storage_);
  }
}

std::string Address::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  switch (family()) {
    case AF_INET: {
      const auto v4 = load<sockaddr_in>(storage_);
      return inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    }
    case AF_INET6: {
      const auto v6 = load<sockaddr_in6>(storage_);
      return inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    case AF_UNIX: return unix_path(load<sockaddr_un>(storage_), size_);
    default: return {};
  }
}

std::string Address::to_string() const {
  switch (family()) {
    case AF_INET: return host() + ":" + std::to_string(port());
    case AF_INET6: return "[" + host() + "]:" + std::to_string(port());
    case AF_UNIX: return "unix:" + host();
    default: return "unknown";
  }
}

bool operator==(const Address& a, const Address& b) {
  if (a.family() != b.family()) return false;
  switch (a.family()) {
    case AF_INET: {
      const auto x = load<sockaddr_in>(a.storage_);
      const auto y = load<sockaddr_in>(b.storage_);
      return x.sin_port == y.sin_port && x.sin_addr.s_addr == y.sin_addr.s_addr;
    }
    case AF_INET6: {
      const auto x = load<sockaddr_in6>(a.storage_);
      const auto y = load<sockaddr_in6>(b.storage_);
      return x.sin6_port == y.sin6_port && x.sin6_scope_id == y.sin6_scope_id &&
             IN6_ARE_ADDR_EQUAL(&x.sin6_addr, &y.sin6_addr);
    }
    default: return a.host() == b.host();
  }
}

}  // namespace gateway
