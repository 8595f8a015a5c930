// SPDX-License-Identifier: MIT
//
// Secrets: a text in the file, or where else it is kept.
#include <algorithm>

#include "config/credentials.h"
#include "config/files.h"
#include "config/kinds.h"
#include "util/text.h"

namespace gateway::schema {
namespace {

bool is_variable_name(std::string_view name) {
  const auto is_name_byte = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
  };
  return !name.empty() && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), is_name_byte);
}

Kind<std::string> file() {
  Kind<std::string> kind = text();
  kind.decode = [](Decoder& decoder, const Node& node, std::string& target) {
    if (!decoder.expect(node, Node::Kind::String, "a string")) return;
    if (node.text.empty()) return decoder.fail(node, "expected the path of a file");
    target = resolve_path(node);
  };
  return kind;
}

Kind<std::string> variable() {
  Kind<std::string> kind = text();
  kind.decode = [](Decoder& decoder, const Node& node, std::string& target) {
    if (!decoder.expect(node, Node::Kind::String, "a string")) return;
    // What is not a name may be the secret: it is not repeated.
    if (!node.is_expanded && is_variable_name(node.text)) {
      target = node.text;
    } else {
      decoder.fail(node, "expected the bare name of an environment variable, such as \"API_KEY\"");
    }
  };
  kind.schema = [] { return Json{{"type", "string"}, {"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}}; };
  return kind;
}

const Table<Secret>& places_table() {
  static const Table<Secret> table{{
      {"file", "A file that holds nothing but the secret, relative to the directory of this one.",
       in(&Secret::file, file())},
      {"env", "The environment variable that holds the secret.", in(&Secret::variable, variable())},
  }};
  return table;
}

Result<std::string> kept_text(const Decoder& decoder, const Secret& secret) {
  if (!secret.file.empty()) return read_secret(secret.file);
  const std::string_view value = decoder.variable(secret.variable);
  if (!value.empty()) return std::string(value);
  return Error{"the environment variable " + gateway::quoted(secret.variable) + " is not set"};
}

void fetch(Decoder& decoder, const Node& node, Check check, Secret& secret) {
  const Node* file = node.find("file");
  const Node* variable = node.find("env");
  if (file != nullptr && variable != nullptr) {
    return decoder.fail(node, "file and env exclude each other");
  }
  if (file == nullptr && variable == nullptr) {
    return decoder.fail(node, "expected {\"file\": PATH} or {\"env\": NAME}");
  }
  if (secret.file.empty() && secret.variable.empty()) return;  // a problem already
  const Decoder::Step step(decoder, file != nullptr ? "file" : "env");
  const Node& place = file != nullptr ? *file : *variable;
  auto text = kept_text(decoder, secret);
  if (!text) return decoder.fail(place, text.error().message);
  Status status = check_secret(*text);
  if (status && check != nullptr) status = check(*text);
  if (!status) {
    const std::string what = file != nullptr
                                 ? secret.file
                                 : "the environment variable " + gateway::quoted(secret.variable);
    return decoder.fail(place, std::move(status).error().in(what).message);
  }
  secret.text = *std::move(text);
}

void decode_text(Decoder& decoder, const Node& node, Check check, Secret& secret) {
  Status status = check != nullptr ? check(node.text) : ok();
  if (status) status = check_not_hidden(node.text);
  if (!status) return decoder.fail(node, status.error().message);
  secret.text = node.text;
  secret.written = node.written;
}

}  // namespace

Kind<Secret> secret(Check check) {
  return {
      [check](Decoder& decoder, const Node& node, Secret& target) {
        if (node.kind == Node::Kind::String) return decode_text(decoder, node, check, target);
        if (!decoder.expect(node, Node::Kind::Object,
                            "a string, {\"file\": PATH} or {\"env\": NAME}")) {
          return;
        }
        object_of(places_table()).decode(decoder, node, target);
        fetch(decoder, node, check, target);
      },
      [](const Secret& secret) { return dump_secret(secret, std::string(kHidden)); },
      [] {
        Json forms = Json::array({{{"type", "string"}, {"not", {{"const", kHidden}}}}});
        for (const std::string_view key : places_table().keys()) {
          const Json all = schema_of(places_table());
          Json form = {{"type", "object"}, {"required", {key}}, {"additionalProperties", false}};
          form["properties"] = {{key, all["properties"][std::string(key)]}};
          forms.push_back(std::move(form));
        }
        return Json{{"oneOf", std::move(forms)}};
      }};
}

Json dump_secret(const Secret& secret, const std::string& shown) {
  if (!secret.file.empty()) return {{"file", literal(secret.file)}};
  if (!secret.variable.empty()) return {{"env", secret.variable}};
  if (secret.written.empty()) return literal(shown);
  return Json(shown);
}

}  // namespace gateway::schema
