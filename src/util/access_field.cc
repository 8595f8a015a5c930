// SPDX-License-Identifier: MIT
#include "util/access_field.h"

namespace gateway {
namespace {

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kAccessFieldTable.size(); i++) {
    if (kAccessFieldTable[i].field != static_cast<AccessField>(i)) return false;
  }
  return true;
}
static_assert(is_in_order());

}  // namespace

std::optional<AccessField> parse_access_field(std::string_view name) {
  for (const AccessFieldInfo& row : kAccessFieldTable) {
    if (row.name == name) return row.field;
  }
  return std::nullopt;
}

std::vector<AccessField> default_access_fields() {
  std::vector<AccessField> fields;
  for (const AccessFieldInfo& row : kAccessFieldTable) {
    if (row.is_default) fields.push_back(row.field);
  }
  return fields;
}

}  // namespace gateway
