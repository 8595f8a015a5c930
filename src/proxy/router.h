// SPDX-License-Identifier: MIT
//
// Router: finds the route with the longest path prefix, on segment boundaries.
//
// Matches raw bytes: nothing is decoded or normalised, so what was matched is what is sent.
// Costs one hash lookup per path segment, however many routes there are.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "upstream/service.h"

namespace gateway::proxy {

struct Route {
  const RouteConfig& config;
  upstream::Service* service;
};

struct RouteMatch {
  const Route* route = nullptr;
  std::string_view rest;    ///< of the path, behind the prefix
  bool bare_prefix = false; ///< the path is the prefix without its last slash: redirect
};

class Router {
 public:
  /// `routes` have distinct prefixes and outlive the router.
  explicit Router(const std::vector<Route>& routes);

  RouteMatch match(std::string_view path) const;

 private:
  std::unordered_map<std::string_view, const Route*> by_prefix_;
  std::size_t longest_ = 0;
};

}  // namespace gateway::proxy
