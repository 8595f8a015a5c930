// SPDX-License-Identifier: MIT
//
// Router: finds the route of a request by path prefix, then host, then method.
//
// Path     the longest prefix on segment boundaries, raw bytes: nothing is decoded or normalised,
//          so what was matched is what is sent. A prefix none of whose routes has the host does
//          not count: a shorter one may.
// Host     an exact name before a "*.suffix", a longer suffix before a shorter one, any suffix
//          before a route for every host. Without port and last dot, in any letter case.
// Method   a route that lists it before one that takes every method, else the order given. When
//          no route of the prefix takes the method, no shorter prefix is asked: the path is there.
// Costs    one hash lookup per path segment and, where hosts are told apart, one per label of the
//          host: however many routes there are.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "upstream/service.h"

namespace gateway::proxy {

struct Route {
  const RouteConfig& config;
  upstream::Service* service;         ///< nullptr: the configuration has the answer
  RouteCounters* counters = nullptr;  ///< of its requests
};

/// What of a request decides on its route.
struct RouteRequest {
  std::string_view path;
  std::string_view host;  ///< as sent, with its port
  std::string_view method;
};

struct RouteMatch {
  const Route* route = nullptr;
  std::string_view rest;      ///< of the path, behind the prefix
  bool bare_prefix = false;   ///< the path is the prefix without its last slash
  bool wrong_method = false;  ///< no route, but there are some for other methods
};

/// How a route stands to one request: the winner, or the first thing that speaks against it.
enum class RouteVerdict : std::uint8_t { Wins, Path, Host, Method, LessSpecific };

struct RouteJudgement {
  const Route* route;
  RouteVerdict verdict;
};

class Router {
 public:
  /// `routes` outlive the router. No two of them have prefix, a host and a method in common.
  explicit Router(std::span<const Route> routes);

  RouteMatch match(const RouteRequest& request) const;
  /// Value of Allow after a match with wrong_method.
  std::string allowed_methods(const RouteRequest& request) const;
  /// Every route in order of consideration; for people: walks all of them.
  std::vector<RouteJudgement> explain(const RouteRequest& request) const;

 private:
  using Candidates = std::vector<const Route*>;  ///< those with methods first

  /// The routes of one prefix.
  struct Place {
    std::unordered_map<std::string_view, Candidates> by_host;  ///< "name", or ".suffix"
    Candidates any_host;
  };

  template <class Visit>
  static bool visit_hosts(const Place& place, std::string_view host, const Visit& visit);
  static bool choose(const Place& place, const RouteRequest& request, RouteMatch& match);
  template <class Visit>
  void visit_places(std::string_view path, const Visit& visit) const;

  std::span<const Route> routes_;
  std::unordered_map<std::string_view, Place> by_prefix_;  ///< without the last slash
  std::size_t longest_ = 0;                                ///< of those
};

}  // namespace gateway::proxy
