// SPDX-License-Identifier: MIT
//
// What a route does to a message: header edits, static responses, redirects.
#include <algorithm>

#include "config/credentials.h"
#include "config/http_rules.h"
#include "config/kinds.h"
#include "config/tables.h"
#include "util/text.h"

namespace gateway::schema {
namespace {

Kind<std::vector<HeaderField>> header_fields() {
  return {[](Decoder& decoder, const Node& node, std::vector<HeaderField>& target) {
            if (!decoder.expect(node, Node::Kind::Object, "an object of names and values")) return;
            for (const Node& child : node.children) {
              const Decoder::Step step(decoder, child.key);
              decoder.found(child);
              Status status = check_header_name(child.key);
              const bool is_twice = std::any_of(target.begin(), target.end(), [&](const auto& f) {
                return equals_ignore_case(f.name, child.key);
              });
              if (is_twice) status = Error{"this field is here already, names ignore case"};
              if (!status) decoder.fail(child, status.error().message);
              target.push_back({child.key, {}});
              secret(check_header_value).decode(decoder, child, target.back().value);
            }
          },
          [](const std::vector<HeaderField>& value) {
            Json object = Json::object();
            for (const HeaderField& field : value) {
              object[field.name] = dump_secret(field.value, shown_value(field));
            }
            return object;
          },
          [] {
            return Json{{"type", "object"}, {"additionalProperties", secret().schema()}};
          }};
}

const Table<HeaderEdits>& header_edits_table() {
  static const Table<HeaderEdits> table{{
      {"remove", "Names of fields that are taken away, first of all.",
       in(&HeaderEdits::remove, list_of(text(check_header_name)))},
      {"set", "Fields that replace all of their name.", in(&HeaderEdits::set, header_fields())},
      {"add", "Fields that are added to those there are.", in(&HeaderEdits::add, header_fields())},
  }};
  return table;
}

const Table<StaticResponse>& static_response_table() {
  static const Table<StaticResponse> table{
      {
          {"status", "Status code.", in(&StaticResponse::status, as<int>(whole_number(200, 599)))},
          {"content_type", "Content-Type of the body.",
           in(&StaticResponse::content_type, text(check_header_value))},
          {"body", "The body, as text.", in(&StaticResponse::body, any_text())},
      },
      Json::object(),
      [](Decoder& decoder, const Node& node, StaticResponse& response) {
        const bool is_bare = response.status == 204 || response.status == 304;
        if (!is_bare || response.body.empty()) return;
        decoder.fail(node,
                     "a response with status " + std::to_string(response.status) + " has no body");
      }};
  return table;
}

Kind<int> redirect_status() {
  Kind<int> kind = as<int>(whole_number(301, 308));
  kind.decode = [](Decoder& decoder, const Node& node, int& target) {
    for (const int known : {301, 302, 303, 307, 308}) {
      if (node.text == std::to_string(known)) {
        target = known;
        return;
      }
    }
    decoder.fail(node, "expected 301, 302, 303, 307 or 308");
  };
  kind.schema = [] { return Json{{"enum", {301, 302, 303, 307, 308}}}; };
  return kind;
}

const Table<Redirect>& redirect_table() {
  static const Table<Redirect> table{
      {
          {"status", "Status code.", in(&Redirect::status, redirect_status())},
          {"location", "A URL or an absolute path.", in(&Redirect::location, text(check_location)),
           Need::Required},
          {"keeps_path", "Append what follows the matched prefix, and the query.",
           in(&Redirect::keeps_path, boolean())},
      },
      Json::object(),
      [](Decoder& decoder, const Node& node, Redirect& target) {
        if (!target.keeps_path || target.location.find_first_of("?#") == std::string::npos) return;
        decoder.fail(node, "a location that keeps the path has no query or fragment of its own");
      }};
  return table;
}

}  // namespace

Kind<HeaderEdits> header_edits() { return object_of(header_edits_table()); }
Kind<StaticResponse> static_response() { return object_of(static_response_table()); }
Kind<Redirect> redirect() { return object_of(redirect_table()); }

}  // namespace gateway::schema
