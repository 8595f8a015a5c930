// SPDX-License-Identifier: MIT
//
// A JSON text as a tree of nodes that know where they stand.
//
// Accepts   JSON (RFC 8259) with // and /* */ comments.
// Bounds    4 MiB of text, 64 levels of nesting; a key may appear once in an object.
// Errors    go to Problems, with their place; a syntax error ends the reading.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"

namespace gateway {

inline constexpr std::size_t kMaxDocumentBytes = 4 << 20;
inline constexpr std::size_t kMaxDocumentDepth = 64;

struct Node {
  enum class Kind { Null, Boolean, Number, String, Array, Object };

  Kind kind = Kind::Null;
  Place place;
  std::string text;            ///< of a string; of a number or boolean as written
  bool is_expanded = false;    ///< a string that held a ${VARIABLE}
  std::string written;         ///< what it was before
  std::vector<Node> children;  ///< of arrays and objects, in their order
  std::string key;             ///< of a member of an object
  Place key_place;

  /// The member of that name; null when there is none.
  const Node* find(std::string_view name) const;
  Node* find(std::string_view name);
  /// For messages: "a string", "an object".
  std::string_view kind_name() const;
};

/// nullopt: `problems` has at least one more.
std::optional<Node> parse_document(const SourcePtr& source, Problems& problems);

}  // namespace gateway
