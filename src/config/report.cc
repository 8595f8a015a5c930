// SPDX-License-Identifier: MIT
#include "config/report.h"

#include <string_view>

#include "config/effective.h"
#include "config/schema.h"
#include "config/tables.h"

namespace gateway {
namespace {

using schema::Json;

std::string one_line(const Json& value) {
  // Text from a file is UTF-8; a variable may hold any bytes.
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text;
}

class Writer {
 public:
  explicit Writer(const Effective& effective) : effective_(effective) {}

  std::string write() && {
    write_value(effective_.root(), "", 0, "");
    return std::move(out_);
  }

 private:
  void write_value(const Json& value, const std::string& pointer, std::size_t depth,
                   std::string_view comma) {
    if (Effective::is_value(value)) {
      out_.append(one_line(value)).append(comma).append("  // ");
      out_.append(effective_.written_at(pointer).text) += '\n';
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

  const Effective& effective_;
  std::string out_;
};

}  // namespace

std::string effective_text(const LoadedConfig& loaded) { return Writer(Effective(loaded)).write(); }

std::string schema_text() {
  Json document = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "Configuration of api-gateway"}};
  document.update(schema::schema_of(schema::root_table()));
  return document.dump(2) + "\n";
}

}  // namespace gateway
