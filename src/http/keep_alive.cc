// SPDX-License-Identifier: MIT
#include "http/keep_alive.h"

#include <algorithm>
#include <charconv>

#include "http/field_name.h"
#include "util/text.h"

namespace gateway::http {

void KeepAliveHint::read(std::string_view value) {
  ListReader parameters(value);
  while (const auto parameter = parameters.next()) {
    const auto equals = parameter->find('=');
    if (equals == parameter->npos) continue;
    const std::string_view name = trim_whitespace(parameter->substr(0, equals));
    const std::string_view digits = trim_whitespace(parameter->substr(equals + 1));
    std::uint32_t number = 0;
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end) continue;
    if (equals_ignore_case(name, "timeout")) timeout_s = std::min(timeout_s, number);
    if (equals_ignore_case(name, "max")) more_requests = std::min(more_requests, number);
  }
}

}  // namespace gateway::http
