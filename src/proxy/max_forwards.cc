// SPDX-License-Identifier: MIT
#include "proxy/max_forwards.h"

#include <charconv>
#include <string_view>
#include <system_error>

namespace gateway::proxy {

std::optional<std::uint32_t> max_forwards(const http::RequestHead& request) {
  if (request.method != "OPTIONS" && request.method != "TRACE") return std::nullopt;
  const http::Field* field = request.find("max-forwards");
  if (field == nullptr) return std::nullopt;
  const std::string_view digits = field->value;
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return count;
}

}  // namespace gateway::proxy
