// SPDX-License-Identifier: MIT
//
// Logs: where they go, and what the access log says.
#include <algorithm>
#include <array>

#include "config/kinds.h"
#include "config/tables.h"
#include "util/text.h"

namespace gateway::schema {
namespace {

/// In a list: what is built in.
constexpr std::string_view kDefault = "default";

std::vector<std::string_view> field_names() {
  std::vector<std::string_view> names{kDefault};
  for (const AccessFieldInfo& row : kAccessFieldTable) names.push_back(row.name);
  return names;
}

/// The elements of the list of fields; each field is there once.
class FieldList {
 public:
  explicit FieldList(Decoder& decoder) : decoder_(decoder) {}

  void add(const Node& node) {
    if (!decoder_.expect(node, Node::Kind::String, "the name of a field")) return;
    if (node.text == kDefault) {
      for (const AccessField field : default_access_fields()) add(node, field);
    } else if (const auto field = parse_access_field(node.text)) {
      add(node, *field);
    } else {
      decoder_.fail(node, "no field is named " + gateway::quoted(node.text) +
                              did_you_mean(node.text, field_names()));
    }
  }

  std::vector<AccessField> fields;

 private:
  void add(const Node& node, AccessField field) {
    const Node*& first = seen_[static_cast<std::size_t>(field)];
    if (first == nullptr) {
      first = &node;
      fields.push_back(field);
      return;
    }
    if (node.text == kDefault && last_failed_ == &node) return;  // one complaint is enough
    last_failed_ = &node;
    const bool by_default = node.text == kDefault || first->text == kDefault;
    decoder_.fail(node, "the field " + gateway::quoted(access_field_name(field)) +
                            " is there twice" + (by_default ? ": \"default\" has it" : ""));
  }

  Decoder& decoder_;
  std::array<const Node*, kAccessFields> seen_{};
  const Node* last_failed_ = nullptr;
};

Kind<std::vector<AccessField>> access_fields() {
  return {[](Decoder& decoder, const Node& node, std::vector<AccessField>& target) {
            if (!decoder.expect(node, Node::Kind::Array, "an array of field names")) return;
            if (node.children.empty()) {
              return decoder.fail(
                  node, "expected at least one field; without a log, \"output\" is \"off\"");
            }
            FieldList list(decoder);
            // More than there are fields, and one is there twice: no need to name all of them.
            const std::size_t count = std::min(node.children.size(), kAccessFields + 1);
            for (std::size_t i = 0; i < count; i++) {
              const Decoder::Step step(decoder, std::to_string(i));
              list.add(node.children[i]);
            }
            target = std::move(list.fields);
          },
          [](const std::vector<AccessField>& value) {
            Json names = Json::array();
            for (const AccessField field : value) names.push_back(access_field_name(field));
            return names;
          },
          [] {
            const Json name = {{"enum", field_names()}};
            const Json variable = {{"pattern", "\\$\\{"}};
            return Json{{"type", "array"},
                        {"minItems", 1},
                        {"uniqueItems", true},
                        {"items", {{"type", "string"}, {"anyOf", Json::array({name, variable})}}}};
          }};
}

/// What is compared are letters and digits alone.
Status check_parameter(std::string_view name) {
  const bool has_some = std::any_of(name.begin(), name.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  });
  if (has_some && name.size() <= 63) return ok();
  return Error{"expected the name of a query parameter: a letter or digit, at most 63 bytes"};
}

Kind<std::vector<std::string>> secret_names() {
  Kind<std::vector<std::string>> kind = list_of(text(check_parameter));
  kind.decode = [decode = kind.decode](Decoder& decoder, const Node& node,
                                       std::vector<std::string>& target) {
    constexpr std::size_t kMost = 1000;
    if (node.children.size() > kMost) return decoder.fail(node, "expected at most 1000 names");
    std::vector<std::string> names;
    decode(decoder, node, names);
    target.clear();
    for (std::string& name : names) {
      if (name != kDefault) {
        target.push_back(std::move(name));
        continue;
      }
      for (std::string& known : known_secret_names()) target.push_back(std::move(known));
    }
  };
  return kind;
}

const Table<LogConfig>& redact_table() {
  static const Table<LogConfig> table{
      {{"query",
        "Names of query parameters whose values are masked; default stands for those built in.",
        in(&LogConfig::redact_query, secret_names())}}};
  return table;
}

const Table<LogConfig>& access_table() {
  static const Table<LogConfig> table{{
      {"output", "stdout, stderr, off or a file.", in(&LogConfig::access, log_output())},
      {"fields", "What a line says, in this order; default stands for what is built in.",
       in(&LogConfig::access_fields, access_fields())},
      {"redact", "What a line keeps to itself.", object_of(redact_table())},
  }};
  return table;
}

const Table<LogConfig>& error_table() {
  static const Table<LogConfig> table{{
      {"output", "stdout, stderr, off or a file.", in(&LogConfig::error, log_output())},
      {"level", "The least important level that is logged.", in(&LogConfig::level, log_level())},
  }};
  return table;
}

}  // namespace

const Table<LogConfig>& logs_table() {
  static const Table<LogConfig> table{{
      {"access", "One line for each request.", object_of(access_table())},
      {"error", "What happens to the gateway itself.", object_of(error_table())},
  }};
  return table;
}

}  // namespace gateway::schema
