// SPDX-License-Identifier: MIT
#include "process/control_reply.h"

#include "util/json_escape.h"

namespace gateway {

std::string accepted_line() { return "{\"kind\":\"accepted\"}\n"; }

std::string text_line(std::string_view kind, std::string_view text) {
  std::string line = "{\"kind\":";
  append_json_string(line, kind);
  line += ",\"text\":";
  append_json_string(line, text);
  return line += "}\n";
}

std::string result_line(bool is_ok, std::string_view text, std::string_view members) {
  std::string line = "{\"kind\":\"result\",\"ok\":";
  line += is_ok ? "true" : "false";
  line += ",\"text\":";
  append_json_string(line, text);
  if (!members.empty()) line.append(",").append(members);
  return line += "}\n";
}

}  // namespace gateway
