// SPDX-License-Identifier: MIT
#include "config/report.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "config/schema.h"
#include "config/tables.h"

namespace gateway {
namespace {

using schema::Json;

bool is_leaf(const Json& value) {
  const auto is_scalar = [](const Json& element) { return !element.is_structured(); };
  return !value.is_structured() || value.empty() ||
         (value.is_array() && std::all_of(value.begin(), value.end(), is_scalar));
}

std::string one_line(const Json& value) {
  // Text from a file is UTF-8; a variable may hold any bytes.
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text;
}

class Writer {
 public:
  Writer(const Json& root, const Origins& origins) : root_(root), origins_(origins) {}

  std::string write() && {
    write_value(root_, "", 0, "");
    return std::move(out_);
  }

 private:
  void write_value(const Json& value, const std::string& pointer, std::size_t depth,
                   std::string_view comma) {
    if (is_leaf(value)) {
      out_.append(one_line(value)).append(comma).append("  // ").append(origin_of(pointer));
      out_ += '\n';
      return;
    }
    out_ += value.is_object() ? "{\n" : "[\n";
    std::size_t left = value.size();
    for (const auto& item : value.items()) {
      out_.append(2 * (depth + 1), ' ');
      if (value.is_object()) out_.append(one_line(Json(item.key()))).append(": ");
      write_value(item.value(), pointer + pointer_step(item.key()), depth + 1,
                  --left > 0 ? "," : "");
    }
    out_.append(2 * depth, ' ').append(value.is_object() ? "}" : "]").append(comma) += '\n';
  }

  /// Where the value was written, be it a level that this one inherits from.
  std::string origin_of(const std::string& pointer) const {
    const auto found = origins_.find(pointer);
    if (found != origins_.end()) return found->second.text();
    const std::string parent = inherited_from(pointer);
    return parent.empty() ? "built-in" : origin_of(parent);
  }

  std::string inherited_from(const std::string& pointer) const {
    for (const std::string_view part : {"/timeouts/", "/limits/"}) {
      const std::size_t at = pointer.find(part);
      if (at == std::string::npos) continue;
      const std::string rest = pointer.substr(at);
      if (pointer.starts_with("/services/")) return "/defaults" + rest;
      if (!pointer.starts_with("/routes/")) continue;
      const Json& route = root_.at(Json::json_pointer(pointer.substr(0, at)));
      const auto service = route.find("service");
      if (service == route.end()) return "/defaults" + rest;
      return "/services" + pointer_step(service->get<std::string>()) + rest;
    }
    return "";
  }

  const Json& root_;
  const Origins& origins_;
  std::string out_;
};

}  // namespace

std::string effective_text(const LoadedConfig& loaded) {
  const Json root = schema::dump_rows(schema::root_table(), loaded.config);
  return Writer(root, loaded.origins).write();
}

std::string schema_text() {
  Json document = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "Configuration of api-gateway"}};
  document.update(schema::schema_of(schema::root_table()));
  return document.dump(2) + "\n";
}

}  // namespace gateway
