// SPDX-License-Identifier: MIT
//
// Network: an address prefix such as 10.0.0.0/8 or fd00::/8, and whether an address lies in it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "util/result.h"

namespace gateway {

class Network {
 public:
  /// "10.0.0.0/8", "fd00::/8", or a single address. Bits behind the prefix must be zero.
  static Result<Network> parse(std::string_view text);

  /// `ip`: numeric, as inet_ntop prints it; "unix" and other texts are in no network.
  bool contains(std::string_view ip) const;
  std::string to_string() const;

 private:
  std::array<std::uint8_t, 16> bytes_{};  ///< IPv4 in the first four
  int family_ = 0;
  unsigned prefix_ = 0;
};

}  // namespace gateway
