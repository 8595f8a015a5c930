// SPDX-License-Identifier: MIT
#include "util/network.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "util/text.h"

namespace gateway {
namespace {

struct Numeric {
  std::array<std::uint8_t, 16> bytes{};
  int family = 0;
  unsigned bits = 0;
};

std::optional<Numeric> parse_numeric(std::string_view ip) {
  const std::string text(ip);
  Numeric numeric;
  if (inet_pton(AF_INET, text.c_str(), numeric.bytes.data()) == 1) {
    numeric.family = AF_INET;
    numeric.bits = 32;
  } else if (inet_pton(AF_INET6, text.c_str(), numeric.bytes.data()) == 1) {
    numeric.family = AF_INET6;
    numeric.bits = 128;
  } else {
    return std::nullopt;
  }
  return numeric;
}

/// The bits of byte `index` that belong to a prefix of that many bits.
std::uint8_t mask_of(std::size_t index, unsigned prefix) {
  const auto before = static_cast<unsigned>(index * 8);
  const unsigned bits = std::min(prefix > before ? prefix - before : 0U, 8U);
  return static_cast<std::uint8_t>(0xff00U >> bits);
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = parse_numeric(text.substr(0, slash));
  if (!address) {
    return Error{quoted(text) +
                 " is not a network such as 10.0.0.0/8 or fd00::/8, nor a single address"};
  }
  Network network;
  network.family_ = address->family;
  network.prefix_ = address->bits;
  if (slash < text.size()) {
    const auto prefix = parse_decimal(text.substr(slash + 1));
    if (!prefix || *prefix > address->bits) {
      return Error{quoted(text) + " is not a network: the prefix length is a number from 0 to " +
                   std::to_string(address->bits)};
    }
    network.prefix_ = static_cast<unsigned>(*prefix);
  }
  bool has_host_bits = false;
  for (std::size_t i = 0; i < network.bytes_.size(); i++) {
    network.bytes_[i] = address->bytes[i] & mask_of(i, network.prefix_);
    has_host_bits |= network.bytes_[i] != address->bytes[i];
  }
  if (has_host_bits) {
    return Error{quoted(text) + " has bits set behind its prefix; the network is " +
                 network.to_string()};
  }
  return network;
}

bool Network::contains(std::string_view ip) const {
  const auto address = parse_numeric(ip);
  if (!address || address->family != family_) return false;
  for (std::size_t i = 0; i * 8 < prefix_; i++) {
    if ((address->bytes[i] & mask_of(i, prefix_)) != bytes_[i]) return false;
  }
  return true;
}

std::string Network::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family_, bytes_.data(), text.data(), text.size());
  return std::string(text.data()) + "/" + std::to_string(prefix_);
}

}  // namespace gateway
