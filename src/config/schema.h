// SPDX-License-Identifier: MIT
//
// The vocabulary of the decoding tables: what a key is called, what it accepts, where it goes.
//
// Kind<M>   how a value of one type is read, shown and described.
// Row<T>    a key of the object that fills a T. Table<T> all its rows, in the order of decoding.
//
// From the same rows come the decoded structs, "did you mean", -T and --schema.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/decoder.h"

namespace gateway::schema {

using Json = nlohmann::ordered_json;

template <class M>
struct Kind {
  std::function<void(Decoder&, const Node&, M&)> decode;
  std::function<Json(const M&)> dump;  ///< null: nothing to show
  std::function<Json()> schema;
};

/// Inherited: what counts when it is absent is said by another object.
enum class Need { Optional, Required, Inherited };

template <class T>
struct Row {
  std::string_view key;
  std::string_view description;
  Kind<T> kind;
  Need need = Need::Optional;
};

template <class T>
struct Table {
  std::vector<Row<T>> rows;
  Json rules = Json::object();                                 ///< more for the schema
  std::function<void(Decoder&, const Node&, T&)> finish = {};  ///< after all rows

  std::vector<std::string_view> keys() const {
    std::vector<std::string_view> all;
    for (const auto& row : rows) all.push_back(row.key);
    return all;
  }
};

template <class T>
void decode_rows(const Table<T>& table, Decoder& decoder, const Node& object, T& target) {
  for (const Row<T>& row : table.rows) {
    if (const Node* member = object.find(row.key)) {
      const Decoder::Step step(decoder, row.key);
      decoder.found(*member);
      row.kind.decode(decoder, *member, target);
    } else if (row.need == Need::Required) {
      decoder.fail(object, "the key \"" + std::string(row.key) + "\" is missing");
    }
  }
  if (table.finish) table.finish(decoder, object, target);
}

template <class T>
Json dump_rows(const Table<T>& table, const T& value) {
  Json object = Json::object();
  for (const Row<T>& row : table.rows) {
    Json member = row.kind.dump ? row.kind.dump(value) : Json();
    if (!member.is_null()) object[std::string(row.key)] = std::move(member);
  }
  return object;
}

/// What counts when a key is absent; null when that is nothing, or said by the keys below it.
template <class T>
Json default_of(const Kind<T>& kind) {
  Json value = kind.dump ? kind.dump(T{}) : Json();
  return value.is_object() && !value.empty() ? Json() : value;
}

template <class T>
Json schema_of(const Table<T>& table) {
  Json object = {{"type", "object"}};
  for (const Row<T>& row : table.rows) {
    Json member = row.kind.schema();
    member["description"] = row.description;
    if (row.need == Need::Required) {
      object["required"].push_back(row.key);
    } else if (Json value = default_of(row.kind); row.need == Need::Optional && !value.is_null()) {
      member["default"] = std::move(value);
    }
    if (row.need == Need::Inherited) member.erase("default");
    object["properties"][std::string(row.key)] = std::move(member);
  }
  object["additionalProperties"] = false;
  object.update(table.rules);
  return object;
}

/// An object whose keys are the rows of `table`.
template <class T>
Kind<T> object_of(const Table<T>& table) {
  return {[&table](Decoder& decoder, const Node& node, T& target) {
            if (!decoder.expect(node, Node::Kind::Object, "an object")) return;
            decoder.reject_unknown(node, table.keys());
            decode_rows(table, decoder, node, target);
          },
          [&table](const T& value) { return dump_rows(table, value); },
          [&table] { return schema_of(table); }};
}

/// For an object that inherits what it does not say: its schema has no defaults.
template <class M>
Kind<M> inheriting(Kind<M> kind) {
  kind.schema = [schema = kind.schema] {
    Json object = schema();
    for (Json& member : object["properties"]) member.erase("default");
    return object;
  };
  return kind;
}

/// What an element of a list starts from, by its node.
template <class E>
using Prepare = std::function<E(const Decoder&, const Node&)>;

template <class E>
Kind<std::vector<E>> list_of(Kind<E> kind, std::size_t least = 0, Prepare<E> prepare = {}) {
  return {[=](Decoder& decoder, const Node& node, std::vector<E>& target) {
            if (!decoder.expect(node, Node::Kind::Array, "an array")) return;
            if (node.children.size() < least) {
              return decoder.fail(node, "expected at least one element");
            }
            target.clear();
            for (const Node& child : node.children) {
              const Decoder::Step step(decoder, std::to_string(target.size()));
              decoder.found(child);
              target.push_back(prepare ? prepare(decoder, child) : E{});
              kind.decode(decoder, child, target.back());
            }
          },
          [=](const std::vector<E>& value) {
            if (value.size() < least) return Json();
            Json array = Json::array();
            for (const E& element : value) array.push_back(kind.dump(element));
            return array;
          },
          [=] {
            Json array = {{"type", "array"}, {"items", kind.schema()}};
            if (least > 0) array["minItems"] = least;
            return array;
          }};
}

/// A kind for a member of T as a kind for T.
template <class T, class M>
Kind<T> in(M T::*member, Kind<M> kind) {
  return {[=](Decoder& decoder, const Node& node, T& target) {
            kind.decode(decoder, node, target.*member);
          },
          [=](const T& value) { return kind.dump ? kind.dump(value.*member) : Json(); },
          kind.schema};
}

/// A member that may be absent: its key is what makes it exist.
template <class T, class M>
Kind<T> in(std::optional<M> T::*member, Kind<M> kind) {
  return {[=](Decoder& decoder, const Node& node, T& target) {
            kind.decode(decoder, node, (target.*member).emplace());
          },
          [=](const T& value) { return value.*member ? kind.dump(*(value.*member)) : Json(); },
          kind.schema};
}

}  // namespace gateway::schema
