// SPDX-License-Identifier: MIT
#include "config/decoder.h"

#include <algorithm>

#include "util/text.h"

namespace gateway::schema {

bool Decoder::expect(const Node& node, Node::Kind kind, std::string_view accepted) {
  if (node.kind == kind) return true;
  fail(node, std::string("expected ").append(accepted).append(", not ").append(node.kind_name()));
  return false;
}

void Decoder::reject_unknown(const Node& object, const std::vector<std::string_view>& known) {
  for (const Node& member : object.children) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    // Nobody reads more guesses than are shown.
    const std::string guess = problems_.is_full() ? "" : did_you_mean(member.key, known);
    problems_.add(member.key_place, pointer_ + pointer_step(member.key), "unknown key" + guess);
  }
}

void Decoder::check_name(const Place& place, std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-';
  };
  if (!name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), is_allowed)) {
    return;
  }
  problems_.add(place, pointer_,
                "the name " + quoted(name) + " is not of the form [a-z0-9_-]{1,63}");
}

}  // namespace gateway::schema
