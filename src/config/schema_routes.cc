// SPDX-License-Identifier: MIT
//
// Routes: an array, in the order of the file.
#include <algorithm>
#include <array>

#include "config/http_rules.h"
#include "config/kinds.h"
#include "config/tables.h"
#include "util/text.h"

namespace gateway::schema {
namespace {

Kind<std::string> host() {
  Kind<std::string> kind = text();
  kind.decode = [](Decoder& decoder, const Node& node, std::string& target) {
    if (!decoder.expect(node, Node::Kind::String, "a string")) return;
    target = node.text;
    std::transform(target.begin(), target.end(), target.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const Status status = check_host_pattern(target);
    if (!status) decoder.fail(node, status.error().message);
  };
  return kind;
}

/// One host; shown as `hosts`.
Kind<MatchConfig> single_host() {
  return {[](Decoder& decoder, const Node& node, MatchConfig& target) {
            host().decode(decoder, node, target.hosts.emplace_back());
          },
          {},
          [] { return host().schema(); }};
}

const Table<MatchConfig>& match_table() {
  static const Table<MatchConfig> table{
      {
          {"path_prefix", "What the path begins with; starts and ends with a slash.",
           in(&MatchConfig::path_prefix, text(check_match_prefix)), Need::Required},
          {"host", "The host of the request, *.example.com for all below it.", single_host()},
          {"hosts", "The same for several hosts.", in(&MatchConfig::hosts, list_of(host(), 1))},
          {"methods", "Methods; GET includes HEAD.",
           in(&MatchConfig::methods, list_of(text(check_method), 1))},
      },
      Json{{"not", {{"required", {"host", "hosts"}}}}},
      [](Decoder& decoder, const Node& node, MatchConfig&) {
        const Node* host = node.find("host");
        if (host == nullptr) return;
        if (node.find("hosts") != nullptr) {
          decoder.fail(*host, "host and hosts exclude each other");
        }
        const Decoder::Step step(decoder, "hosts");  // as which it is shown
        decoder.found(*host);
      }};
  return table;
}

const Table<RouteConfig>& rewrite_table() {
  static const Table<RouteConfig> table{
      {{"path_prefix", "What replaces the matched prefix; starts and ends with a slash.",
        in(&RouteConfig::rewrite_prefix, text(check_path_prefix)), Need::Required}}};
  return table;
}

const Table<RouteConfig>& headers_table() {
  static const Table<RouteConfig> table{{
      {"request", "Changes of the request for the service.",
       in(&RouteConfig::request_headers, header_edits())},
      {"response", "Changes of the answer for the client.",
       in(&RouteConfig::response_headers, header_edits())},
  }};
  return table;
}

/// What only a route to a service has.
constexpr std::array<std::string_view, 5> kForServices{"rewrite", "preserve_host", "timeouts",
                                                       "limits", "server_timing"};

Json route_rules() {
  Json rules;
  for (const char* answer : {"service", "response", "redirect"}) {
    rules["oneOf"].push_back({{"required", {answer}}});
  }
  for (const std::string_view key : kForServices) {
    rules["dependentRequired"][std::string(key)] = {"service"};
  }
  return rules;
}

void finish_route(Decoder& decoder, const Node& node, RouteConfig& route) {
  if (route.rewrite_prefix.empty()) route.rewrite_prefix = route.match.path_prefix;
  const auto answers = std::count_if(node.children.begin(), node.children.end(), [](const auto& n) {
    return n.key == "service" || n.key == "response" || n.key == "redirect";
  });
  if (answers != 1) {
    decoder.fail(node, std::string("a route has exactly one of service, response and redirect, "
                                   "this one has ") +
                           (answers == 0 ? "none" : "several"));
  }
  if (answers != 1 || node.find("service") != nullptr) return;
  for (const std::string_view key : kForServices) {
    if (const Node* member = node.find(key)) {
      const Decoder::Step step(decoder, key);
      decoder.fail(*member, "has no effect without a service");
    }
  }
}

/// Shown for routes to a service only.
Kind<RouteConfig> for_service(Kind<RouteConfig> kind) {
  kind.schema = [schema = kind.schema, absent = default_of(kind)] {
    Json description = schema();
    if (!absent.is_null()) description["default"] = absent;
    return description;
  };
  kind.dump = [dump = kind.dump](const RouteConfig& route) {
    return route.service.empty() ? Json() : dump(route);
  };
  return kind;
}

const Table<RouteConfig>& route_table() {
  static const Table<RouteConfig> table{
      {
          {"name", "Name of the route; route-N, counted from 1, if absent.",
           in(&RouteConfig::name, name())},
          {"match", "What a request must have.", in(&RouteConfig::match, object_of(match_table())),
           Need::Required},
          {"service", "The service that answers.", in(&RouteConfig::service, text())},
          {"response", "An answer without a service.",
           in(&RouteConfig::response, static_response())},
          {"redirect", "A redirect.", in(&RouteConfig::redirect, redirect())},
          {"rewrite", "How the path changes on its way to the service.",
           for_service(object_of(rewrite_table()))},
          {"preserve_host", "Send the Host of the client instead of that of the instance.",
           for_service(in(&RouteConfig::preserve_host, boolean()))},
          {"timeouts", "Timeouts of this route, in the place of those of its service.",
           for_service(in(&RouteConfig::timeouts, inheriting(object_of(timeouts_table()))))},
          {"limits", "Limits of this route, in the place of those of its service.",
           for_service(in(&RouteConfig::limits, inheriting(object_of(limits_table()))))},
          {"server_timing", "Whether answers say in Server-Timing where the time went.",
           for_service(in(&RouteConfig::server_timing, boolean())), Need::Inherited},
          {"headers", "Changes of header fields.", object_of(headers_table())},
      },
      route_rules(),
      finish_route};
  return table;
}

/// A route starts from what its service has, or from the defaults.
RouteConfig inherited(const Decoder& decoder, const Node& node) {
  const Config& config = decoder.config();
  RouteConfig route;
  route.name = "route-" + std::to_string(config.routes.size() + 1);
  route.timeouts = config.timeouts;
  route.limits = config.limits;
  route.server_timing = config.server_timing;
  const Node* service = node.find("service");
  if (service == nullptr) return route;
  const auto found = std::find_if(config.services.begin(), config.services.end(),
                                  [&](const auto& s) { return s.name == service->text; });
  if (found != config.services.end()) {
    route.timeouts = found->timeouts;
    route.limits = found->limits;
    route.server_timing = found->server_timing;
  }
  return route;
}

}  // namespace

const Table<Config>& routes_table() {
  static const Table<Config> table{{
      {"routes", "Which request goes where.",
       in(&Config::routes, list_of<RouteConfig>(object_of(route_table()), 0, inherited))},
  }};
  return table;
}

}  // namespace gateway::schema
