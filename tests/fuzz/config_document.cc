// SPDX-License-Identifier: MIT
//
// Fuzzes parse_document: it takes what nlohmann's own parser takes, save duplicate keys, NULs and
// deep nesting, and each node stands where its text begins.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "check.h"
#include "config/document.h"

using namespace gateway;

namespace {

void check_node(const Node& node, std::string_view text, std::size_t at_least) {
  fuzz::check(node.place.offset >= at_least && node.place.offset < text.size());
  const std::string_view rest = text.substr(node.place.offset);
  switch (node.kind) {
    case Node::Kind::Object: fuzz::check(rest.front() == '{'); break;
    case Node::Kind::Array: fuzz::check(rest.front() == '['); break;
    case Node::Kind::String: fuzz::check(rest.front() == '"'); break;
    default: fuzz::check(!node.text.empty() && rest.starts_with(node.text)); break;
  }
  std::size_t before = node.place.offset;
  for (const Node& child : node.children) {
    if (node.kind == Node::Kind::Object) {
      fuzz::check(child.key_place.offset > before && text[child.key_place.offset] == '"');
      before = child.key_place.offset;
    }
    check_node(child, text, before + 1);
    before = child.place.offset;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto source = std::make_shared<const Source>("fuzz", text);
  Problems problems;
  const auto root = parse_document(source, problems);
  fuzz::check(root.has_value() || !problems.empty());
  fuzz::check(problems.empty() == problems.text().empty());
  if (root) check_node(*root, text, 0);
  const bool is_json = nlohmann::json::accept(text, /*ignore_comments=*/true);
  fuzz::check(is_json || !problems.empty());
  if (!is_json) fuzz::check(!root);
  return 0;
}
