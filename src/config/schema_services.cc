// SPDX-License-Identifier: MIT
//
// Services: a map, since routes refer to them by name.
#include "config/kinds.h"
#include "config/tables.h"
#include "config/url.h"
#include "util/text.h"

namespace gateway::schema {
namespace {

Kind<InstanceConfig> url() {
  return {[](Decoder& decoder, const Node& node, InstanceConfig& target) {
            if (!decoder.expect(node, Node::Kind::String, "a string")) return;
            auto parsed = parse_instance_url(node.text);
            if (!parsed) {
              return decoder.fail(
                  node, gateway::quoted(without_user(node.text)) + ": " + parsed.error().message);
            }
            parsed->weight = target.weight;
            target = *std::move(parsed);
          },
          [](const InstanceConfig& value) { return literal(value.url); },
          [] {
            return Json{{"type", "string"}, {"minLength", 1}};
          }};
}

const Table<InstanceConfig>& instance_table() {
  static const Table<InstanceConfig> table{{
      {"url", "http://HOST[:PORT] or unix:/PATH.", url(), Need::Required},
      {"weight", "Share of the requests, relative to the other instances.",
       in(&InstanceConfig::weight, as<unsigned>(whole_number(1, 1000)))},
  }};
  return table;
}

const Table<ServiceConfig>& service_table() {
  static const Table<ServiceConfig> table{{
      {"instances", "Where the service runs.",
       in(&ServiceConfig::instances, list_of(object_of(instance_table()), 1)), Need::Required},
      {"timeouts", "Timeouts of this service, in the place of the defaults.",
       in(&ServiceConfig::timeouts, inheriting(object_of(timeouts_table())))},
      {"limits", "Limits of this service, in the place of the defaults.",
       in(&ServiceConfig::limits, inheriting(object_of(limits_table())))},
      {"server_timing", "Whether answers say in Server-Timing where the time went.",
       in(&ServiceConfig::server_timing, boolean()), Need::Inherited},
  }};
  return table;
}

Kind<std::vector<ServiceConfig>> services() {
  const Kind<ServiceConfig> service = object_of(service_table());
  return {[service](Decoder& decoder, const Node& node, std::vector<ServiceConfig>& target) {
            if (!decoder.expect(node, Node::Kind::Object, "an object of named services")) return;
            for (const Node& child : node.children) {
              const Decoder::Step step(decoder, child.key);
              decoder.found(child);
              decoder.check_name(child.key_place, child.key);
              const Config& defaults = decoder.config();
              target.push_back(
                  {child.key, {}, defaults.timeouts, defaults.limits, defaults.server_timing});
              service.decode(decoder, child, target.back());
            }
          },
          [service](const std::vector<ServiceConfig>& value) {
            Json object = Json::object();
            for (const ServiceConfig& each : value) object[each.name] = service.dump(each);
            return object;
          },
          [service] {
            return Json{{"type", "object"},
                        {"propertyNames", {{"pattern", "^[a-z0-9_-]{1,63}$"}}},
                        {"additionalProperties", service.schema()}};
          }};
}

}  // namespace

const Table<Config>& services_table() {
  static const Table<Config> table{{{"services", "The services that routes refer to, by name.",
                                     in(&Config::services, services())}}};
  return table;
}

}  // namespace gateway::schema
