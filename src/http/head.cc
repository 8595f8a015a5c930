// SPDX-License-Identifier: MIT
#include "http/head.h"

#include "http/field_name.h"
#include "util/text.h"

namespace gateway::http {

const Field* Head::find(FieldId id) const {
  if (!has(id)) return nullptr;
  for (const Field& field : fields) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

const Field* Head::find(std::string_view name) const {
  for (const Field& field : fields) {
    if (equals_ignore_case(field.name, name)) return &field;
  }
  return nullptr;
}

bool Head::nominates(std::string_view name) const {
  if (!connection_names_fields) return false;
  for (const Field& field : fields) {
    if (field.id != FieldId::Connection) continue;
    ListReader options(field.value);
    while (auto option = options.next()) {
      if (equals_ignore_case(*option, name)) return true;
    }
  }
  return false;
}

bool Head::is_hop_by_hop(const Field& field) const {
  switch (field.id) {
    case FieldId::Connection:
    case FieldId::KeepAlive:
    case FieldId::ProxyConnection:
    case FieldId::Te:
    case FieldId::TransferEncoding:
    case FieldId::Upgrade: return true;
    // Framing and routing do not depend on what a peer nominates (RFC 9110 §7.6.1 forbids it).
    case FieldId::ContentLength:
    case FieldId::Host: return false;
    default: return connection_names_fields && nominates(field.name);
  }
}

}  // namespace gateway::http
