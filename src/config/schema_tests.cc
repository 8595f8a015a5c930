// SPDX-License-Identifier: MIT
//
// Tests: requests nobody sends, and what has to become of them.
#include <algorithm>

#include "config/credentials.h"
#include "config/http_rules.h"
#include "config/kinds.h"
#include "config/tables.h"
#include "util/cause.h"
#include "util/text.h"

namespace gateway::schema {
namespace {

Json dumped(const TestField& field) {
  if (!field.value) return {};
  return carries_credentials(field.name) ? Json(kHidden) : literal(*field.value);
}

/// Names and values; `or_absent`: null for a field that is not there.
Kind<std::vector<TestField>> fields(bool or_absent) {
  return {[or_absent](Decoder& decoder, const Node& node, std::vector<TestField>& target) {
            if (!decoder.expect(node, Node::Kind::Object, "an object of names and values")) return;
            for (const Node& child : node.children) {
              const Decoder::Step step(decoder, child.key);
              decoder.found(child);
              const bool is_absent = or_absent && child.kind == Node::Kind::Null;
              if (!is_absent && !decoder.expect(child, Node::Kind::String,
                                                or_absent ? "a string or null" : "a string")) {
                continue;
              }
              Status status = check_field_name(child.key);
              if (status && !is_absent) status = check_header_value(child.text);
              if (status) status = check_not_hidden(child.text);
              if (!status) decoder.fail(child, status.error().message);
              auto& field = target.emplace_back(TestField{child.key, {}});
              if (!is_absent) field.value = child.text;
            }
          },
          [](const std::vector<TestField>& value) {
            Json object = Json::object();
            for (const TestField& field : value) {
              object[field.name] = dumped(field);
            }
            return object.empty() ? Json() : object;
          },
          [or_absent] {
            const Json type = or_absent ? Json{"string", "null"} : Json("string");
            return Json{{"type", "object"},
                        {"additionalProperties", {{"type", type}, {"not", {{"const", kHidden}}}}}};
          }};
}

/// The words of what a request can be refused for.
std::vector<std::string_view> causes() {
  std::vector<std::string_view> words;
  for (int i = static_cast<int>(Cause::NoRoute); i <= static_cast<int>(Cause::Version); i++) {
    const auto cause = static_cast<Cause>(i);
    const bool needs_body = cause == Cause::BadChunk || cause == Cause::ClientTimeout;
    const std::string_view word = info(cause).word;
    if (!needs_body && std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(word);
    }
  }
  return words;
}

Kind<std::string> cause() {
  Kind<std::string> kind = text();
  kind.decode = [](Decoder& decoder, const Node& node, std::string& target) {
    if (!decoder.expect(node, Node::Kind::String, "a string")) return;
    const auto known = causes();
    if (std::find(known.begin(), known.end(), node.text) == known.end()) {
      decoder.fail(node, gateway::quoted(node.text) + " is no cause a request is refused for" +
                             did_you_mean(node.text, known));
    }
    target = node.text;
  };
  return kind;
}

const Table<TestExpectation>& expectation_table() {
  static const Table<TestExpectation> table{
      {
          {"route", "Name of the route that takes the request.",
           in(&TestExpectation::route, text())},
          {"service", "Name of the service that receives it.",
           in(&TestExpectation::service, text())},
          {"upstream_path", "Path as the service receives it, with its query if that is to count.",
           in(&TestExpectation::upstream_path, text())},
          {"request_headers", "Fields as the service receives them; null for one that is absent.",
           in(&TestExpectation::request_headers, fields(/*or_absent=*/true))},
          {"status", "Status of an answer of the gateway itself.",
           in(&TestExpectation::status, as<int>(whole_number(200, 599)))},
          {"cause", "Why the request is refused.", in(&TestExpectation::cause, cause())},
          {"location", "Where it is redirected to.", in(&TestExpectation::location, text())},
      },
      Json{{"minProperties", 1}},
      [](Decoder& decoder, const Node& node, TestExpectation&) {
        if (node.children.empty()) {
          decoder.fail(node, "nothing is expected; say for example which service receives it");
        }
      }};
  return table;
}

const Table<TestConfig>& test_table() {
  static const Table<TestConfig> table{{
      {"request", "Method and path or URL.", in(&TestConfig::request, text(check_request)),
       Need::Required},
      {"headers", "Fields that are sent.", in(&TestConfig::headers, fields(/*or_absent=*/false))},
      {"expect", "What has to become of it.",
       in(&TestConfig::expect, object_of(expectation_table())), Need::Required},
  }};
  return table;
}

}  // namespace

const Table<Config>& tests_table() {
  static const Table<Config> table{{
      {"tests", "Requests and what has to become of them, else the configuration is refused.",
       in(&Config::tests, list_of(object_of(test_table())))},
  }};
  return table;
}

}  // namespace gateway::schema
