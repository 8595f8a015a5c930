// SPDX-License-Identifier: MIT
//
// Wording: what became of a rehearsed request, in the words of explain and of failing tests.
#pragma once

#include <string>
#include <vector>

#include "config/environment.h"
#include "explain/rehearsal.h"

namespace gateway::explain {

class Wording {
 public:
  /// Both outlive it; the stage is that of `loaded`.
  Wording(const LoadedConfig& loaded, const Stage& stage) : loaded_(loaded), stage_(stage) {}

  /// `route "users" (gateway.json:12)`
  std::string route(const RouteConfig& route) const;

  /// To follow "GET /users/7": `goes to service "users" as /7 by route "users" (…)`.
  std::string outcome(const Rehearsal& rehearsal) const;

 private:
  std::string refusal(const Rehearsal& rehearsal) const;

  const LoadedConfig& loaded_;
  const Stage& stage_;
};

/// The first thing that speaks against a route: `the method is not POST`. `winner`: null when no
/// route takes the request.
std::string loss(const proxy::RouteJudgement& judgement, const RouteConfig* winner);

/// What speaks for the route that takes it: `longest prefix that fits; for any host; …`.
std::string reason(const RouteConfig& winner);

}  // namespace gateway::explain
