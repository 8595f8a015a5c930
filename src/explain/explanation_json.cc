// SPDX-License-Identifier: MIT
#include "config/problems.h"
#include "explain/explanation.h"

namespace gateway::explain {
namespace {

using Json = Effective::Json;

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::Service: return "service";
    case Outcome::Response: return "response";
    case Outcome::Redirect: return "redirect";
    case Outcome::Endpoint: return "endpoint";
    case Outcome::Refused: break;
  }
  return "refused";
}

std::string_view word(proxy::RouteVerdict verdict) {
  switch (verdict) {
    case proxy::RouteVerdict::Path: return "path";
    case proxy::RouteVerdict::Host: return "host";
    case proxy::RouteVerdict::Method: return "method";
    case proxy::RouteVerdict::Wins: return "wins";
    case proxy::RouteVerdict::LessSpecific: break;
  }
  return "less_specific";
}

Json or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

/// The part of the configuration at a pointer, with each value as {"value", "origin"}.
class Annotator {
 public:
  explicit Annotator(const Effective& effective) : effective_(effective) {}

  Json at(const std::string& pointer) const {
    const Json::json_pointer place(pointer);
    return effective_.root().contains(place) ? annotated(effective_.root().at(place), pointer)
                                             : Json();
  }

 private:
  Json annotated(const Json& json, const std::string& pointer) const {
    if (Effective::is_value(json)) {
      const auto written = effective_.written_at(pointer);
      Json value = {{"value", json}, {"origin", written.text}};
      if (written.pointer != pointer) value["inherited_from"] = written.pointer;
      return value;
    }
    Json copy = json.is_object() ? Json::object() : Json::array();
    for (const auto& item : json.items()) {
      Json member = annotated(item.value(), pointer + pointer_step(item.key()));
      if (json.is_object()) {
        copy[item.key()] = std::move(member);
      } else {
        copy.push_back(std::move(member));
      }
    }
    return copy;
  }

  const Effective& effective_;
};

Json request_of(const Rehearsal& rehearsal) {
  const http::RequestHead& head = rehearsal.head();
  return {{"method", head.method},
          {"host", head.authority},
          {"path", head.path()},
          {"query", head.query()}};
}

Json route_of(const Explanation& explanation, const Annotator& annotator) {
  const std::string pointer = explanation.route_pointer();
  if (pointer.empty()) return {};
  const RouteConfig& route = *explanation.rehearsal().route();
  Json json = {
      {"name", route.name}, {"origin", explanation.origin_of(route)}, {"reason", reason(route)}};
  Json settings = annotator.at(pointer);
  settings.erase("name");
  json.update(settings);
  return json;
}

Json service_of(const Explanation& explanation, const Annotator& annotator) {
  const std::string pointer = explanation.service_pointer();
  if (pointer.empty()) return {};
  return {{"name", explanation.rehearsal().route()->service},
          {"origin", explanation.effective().written_at(pointer).text},
          {"instances", annotator.at(pointer + "/instances")}};
}

Json upstream_of(const Rehearsal& rehearsal) {
  if (rehearsal.outcome() != Outcome::Service) return {};
  Json fields = Json::array();
  for (const Field& field : rehearsal.shown_upstream_fields()) {
    fields.push_back({{"name", field.name}, {"value", field.value}});
  }
  return {{"method", rehearsal.head().method},
          {"target", rehearsal.upstream_target()},
          {"headers", std::move(fields)}};
}

Json losers_of(const Explanation& explanation) {
  Json losers = Json::array();
  for (const Loser& loser : explanation.losers()) {
    losers.push_back({{"name", loser.route->name},
                      {"origin", explanation.origin_of(*loser.route)},
                      {"path_prefix", loser.route->match.path_prefix},
                      {"verdict", word(loser.verdict)},
                      {"reason", loser.reason}});
  }
  return losers;
}

}  // namespace

std::string to_json(const Explanation& explanation) {
  const Rehearsal& rehearsal = explanation.rehearsal();
  const Annotator annotator(explanation.effective());
  const CauseInfo& cause = info(rehearsal.cause());
  const auto status = rehearsal.status();
  Json json = {{"summary", explanation.summary()},
               {"request", request_of(rehearsal)},
               {"outcome", word(rehearsal.outcome())},
               {"status", status ? Json(*status) : Json()},
               {"cause", or_null(cause.word)},
               {"message", or_null(cause.message)},
               {"location", or_null(rehearsal.location())},
               {"allow", or_null(rehearsal.allow())},
               {"route", route_of(explanation, annotator)},
               {"service", service_of(explanation, annotator)},
               {"upstream", upstream_of(rehearsal)},
               {"client", annotator.at("/client")},
               {"limits", annotator.at("/limits")},
               {"losing_routes", losers_of(explanation)}};
  // What came with the command line may be any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gateway::explain
