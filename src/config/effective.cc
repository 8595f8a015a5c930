// SPDX-License-Identifier: MIT
#include "config/effective.h"

#include <algorithm>
#include <string_view>

#include "config/schema.h"
#include "config/tables.h"

namespace gateway {

Effective::Effective(const LoadedConfig& loaded)
    : origins_(loaded.origins), root_(schema::dump_rows(schema::root_table(), loaded.config)) {}

bool Effective::is_value(const Json& json) {
  const auto is_scalar = [](const Json& element) { return !element.is_structured(); };
  return !json.is_structured() || json.empty() ||
         (json.is_array() && std::all_of(json.begin(), json.end(), is_scalar));
}

Effective::Writing Effective::written_at(const std::string& pointer) const {
  std::string level = pointer;
  do {
    const auto found = origins_.find(level);
    if (found != origins_.end()) return {found->second.text(), level};
    level = inherited_from(level);
  } while (!level.empty());
  return {"built-in", pointer};
}

std::string Effective::inherited_from(const std::string& pointer) const {
  for (const std::string_view part : {"/timeouts/", "/limits/", "/server_timing"}) {
    const std::size_t at = pointer.rfind(part);  // a service may be called that, too
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

}  // namespace gateway
