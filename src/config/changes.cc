// SPDX-License-Identifier: MIT
#include "config/changes.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "config/schema.h"
#include "config/tables.h"

namespace gateway {
namespace {

using schema::Json;

constexpr std::size_t kLongestValue = 60;

std::string shown(const Json& value) {
  if (value.is_null()) return "none";
  std::string text = value.is_string() ? value.get<std::string>()
                                       : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= kLongestValue ? text : std::string();
}

std::string change_of(const Json& before, const Json& after) {
  const std::string old_text = shown(before);
  const std::string new_text = shown(after);
  if (old_text.empty() || new_text.empty()) return "changed";
  return old_text + " -> " + new_text;
}

Json member(const Json& object, const std::string& key) {
  return object.is_object() && object.contains(key) ? object.at(key) : Json();
}

std::set<std::string> keys_of(const Json& a, const Json& b) {
  std::set<std::string> keys;
  for (const Json* object : {&a, &b}) {
    if (!object->is_object()) continue;
    for (const auto& item : object->items()) keys.insert(item.key());
  }
  return keys;
}

/// Each value below `path` that differs: "timeouts.connect 5s -> 2s".
void compare_values(const Json& before, const Json& after, const std::string& path,
                    std::vector<std::string>& found) {
  if (before == after) return;
  if (!before.is_object() && !after.is_object()) {
    found.push_back(path + " " + change_of(before, after));
    return;
  }
  for (const std::string& key : keys_of(before, after)) {
    compare_values(member(before, key), member(after, key), path.empty() ? key : path + "." + key,
                   found);
  }
}

/// A listener, service or route.
struct Part {
  std::string identity;
  std::string label;
  Json value;
};
using Parts = std::vector<Part>;

Parts listeners_of(const Json& config) {
  Parts parts;
  for (const Json& each : member(config, "listeners")) {
    const std::string address = shown(member(each, "address"));
    parts.push_back({address, address, each});
  }
  return parts;
}

Parts services_of(const Json& config) {
  Parts parts;
  const Json services = member(config, "services");
  for (const auto& item : services.items()) {
    parts.push_back({item.key(), item.key(), item.value()});
  }
  return parts;
}

Parts routes_of(const Json& config) {
  Parts parts;
  for (const Json& each : member(config, "routes")) {
    parts.push_back({member(each, "match").dump(), shown(member(each, "name")), each});
  }
  return parts;
}

const Part* find(const Parts& parts, const std::string& identity) {
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [&](const Part& part) { return part.identity == identity; });
  return found == parts.end() ? nullptr : &*found;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : ", ").append(text);
  return all;
}

class Comparison {
 public:
  void parts(const std::string& kind, const Parts& before, const Parts& after, bool tell_kept) {
    for (const Part& part : after) {
      const Part* old = find(before, part.identity);
      const std::string name = kind + " " + part.label;
      if (old == nullptr) {
        lines_.push_back(name + " added");
      } else if (old->value != part.value) {
        std::vector<std::string> values;
        compare_values(old->value, part.value, "", values);
        lines_.push_back(name + " changed: " + joined(values));
      } else if (tell_kept) {
        lines_.push_back(name + " kept");
      }
    }
    for (const Part& part : before) {
      if (find(after, part.identity) == nullptr) {
        lines_.push_back(kind + " " + part.label + " removed");
      }
    }
  }

  void settings(Json before, Json after) {
    for (const char* section : {"listeners", "services", "routes"}) {
      before.erase(section);
      after.erase(section);
    }
    compare_values(before, after, "", lines_);
  }

  std::vector<std::string> lines() && {
    if (lines_.size() > kMostChanges) {
      const std::size_t more = lines_.size() - kMostChanges;
      lines_.resize(kMostChanges);
      lines_.push_back("and " + std::to_string(more) + " more changes");
    }
    return std::move(lines_);
  }

 private:
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> changes_between(const Config& before, const Config& after) {
  const Json old_json = schema::dump_rows(schema::root_table(), before);
  const Json new_json = schema::dump_rows(schema::root_table(), after);
  Comparison comparison;
  comparison.parts("listener", listeners_of(old_json), listeners_of(new_json),
                   /*tell_kept=*/true);
  comparison.parts("service", services_of(old_json), services_of(new_json), /*tell_kept=*/false);
  comparison.parts("route", routes_of(old_json), routes_of(new_json), /*tell_kept=*/false);
  comparison.settings(old_json, new_json);
  return std::move(comparison).lines();
}

}  // namespace gateway
