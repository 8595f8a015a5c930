// SPDX-License-Identifier: MIT
//
// Address: a socket address (TCP over IPv4 or IPv6, or a unix socket) and its text form.
//
// Text     "127.0.0.1:8000", "[::1]:8000", "unix:/run/x.sock".
// Mapped   an IPv4 address in IPv6 clothes (::ffff:192.0.2.1, seen by sockets that accept both)
//          becomes the IPv4 address it means.
// Errors   parse() and from_*() return a message that says what is accepted.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "util/result.h"

namespace gateway {

class Address {
 public:
  Address() = default;
  Address(const sockaddr* address, socklen_t length);

  /// A numeric IPv4 or IPv6 address (brackets allowed around IPv6); no name lookup.
  static Result<Address> from_ip(std::string_view ip, std::uint16_t port);
  static Result<Address> from_unix_path(std::string_view path);
  /// The text form; a TCP address needs its port.
  static Result<Address> parse(std::string_view text);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  std::uint16_t port() const;  ///< 0 for unix sockets
  void set_port(std::uint16_t port);
  std::string host() const;  ///< "127.0.0.1", "::1" (no brackets), or the unix path
  std::string to_string() const;

  friend bool operator==(const Address& a, const Address& b);

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace gateway
