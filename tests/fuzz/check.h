// SPDX-License-Identifier: MIT
//
// What the fuzz targets have in common.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "http/head_parser.h"

namespace fuzz {

inline void check(bool ok) {
  if (!ok) std::abort();
}

/// So small that short inputs reach them.
inline gateway::Limits tight_limits() {
  gateway::Limits limits;
  limits.target = 48;
  limits.head = 384;
  limits.header_fields = 8;
  return limits;
}

/// Parses each beginning of `bytes` from memory that ends exactly there: incomplete ones come
/// first, then one result that stays. Returns it; the parser then holds that of all bytes.
template <class Parse>
gateway::http::ParseResult parse_every_prefix(std::string_view bytes, const Parse& parse) {
  using gateway::http::ParseResult;
  ParseResult before = ParseResult::Incomplete;
  for (std::size_t length = 1; length < bytes.size(); length++) {
    const std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<long>(length));
    const ParseResult result = parse({exact.data(), exact.size()});
    check(before == ParseResult::Incomplete || result == before);
    before = result;
  }
  const ParseResult whole = parse(bytes);
  check(before == ParseResult::Incomplete || whole == before);
  return whole;
}

}  // namespace fuzz
