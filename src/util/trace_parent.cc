// SPDX-License-Identifier: MIT
#include "util/trace_parent.h"

#include <algorithm>

namespace gateway {
namespace {

// 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
constexpr std::size_t kVersion = 2;
constexpr std::size_t kTraceId = 32;
constexpr std::size_t kParentId = 16;
constexpr std::size_t kFlags = 2;
constexpr std::size_t kTraceIdAt = kVersion + 1;
constexpr std::size_t kParentIdAt = kTraceIdAt + kTraceId + 1;
constexpr std::size_t kFlagsAt = kParentIdAt + kParentId + 1;
constexpr std::size_t kLength = kFlagsAt + kFlags;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != text.npos;
}

}  // namespace

std::optional<TraceParent> parse_trace_parent(std::string_view value) {
  if (value.size() < kLength) return std::nullopt;
  const std::string_view version = value.substr(0, kVersion);
  if (!is_hex(version) || version == "ff") return std::nullopt;
  // Later versions may have more behind another dash.
  const bool ends_well = value.size() == kLength || (version != "00" && value[kLength] == '-');
  if (!ends_well || !is_hex(value.substr(kFlagsAt, kFlags))) return std::nullopt;
  for (const std::size_t dash : {kTraceIdAt - 1, kParentIdAt - 1, kFlagsAt - 1}) {
    if (value[dash] != '-') return std::nullopt;
  }
  const TraceParent parsed{value.substr(kTraceIdAt, kTraceId),
                           value.substr(kParentIdAt, kParentId)};
  if (!is_id(parsed.trace_id) || !is_id(parsed.parent_id)) return std::nullopt;
  return parsed;
}

}  // namespace gateway
