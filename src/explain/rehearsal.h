// SPDX-License-Identifier: MIT
//
// Rehearsal: what the gateway would do with a request, without sending it anywhere.
//
// The request takes the way of a real one: its head is parsed by http::HeadParser, the endpoints
// are asked, proxy::decide() decides, and the head for the service is written by proxy.
// It is taken to come from 127.0.0.1 to the first listener, in HTTP/1.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "http/head_parser.h"
#include "proxy/routing.h"

namespace gateway::explain {

/// The routes of a configuration, with nobody behind them.
class Stage {
 public:
  /// `config` outlives it.
  explicit Stage(const Config& config);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const Config& config() const { return config_; }
  const proxy::Router& router() const { return router_; }
  /// Place of a route in the configuration.
  std::size_t index_of(const RouteConfig& route) const;

 private:
  const Config& config_;
  const std::vector<proxy::Route> routes_;
  const proxy::Router router_;
};

struct Field {
  std::string name;
  std::string value;
};

/// A request as people say it. No control characters.
struct Request {
  std::string method;
  std::string url;  ///< path and query as they are, or an http(s) URL: what clients send of that
  std::vector<Field> fields;
};

enum class Outcome : std::uint8_t { Service, Response, Redirect, Endpoint, Refused };

class Rehearsal {
 public:
  /// `stage` outlives it.
  Rehearsal(const Stage& stage, const Request& request);
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;

  Outcome outcome() const { return outcome_; }
  /// Of the gateway's own answer; nullopt: the service decides.
  std::optional<int> status() const { return status_; }
  Cause cause() const { return cause_; }  ///< of Outcome::Refused
  const std::string& location() const { return location_; }
  const std::string& allow() const { return allow_; }

  /// Of a head that is not accepted only method and target are set, if it has them.
  const http::RequestHead& head() const { return parser_.request(); }
  bool is_head_accepted() const { return is_head_accepted_; }
  /// Of a request that routes were asked about.
  proxy::RouteRequest wanted() const { return {head().path(), head().authority, head().method}; }
  bool were_routes_asked() const { return were_routes_asked_; }
  /// The route that takes it; null: none does.
  const RouteConfig* route() const;
  /// That of the route; null for a route without one.
  const ServiceConfig* service() const;

  /// The head that the service receives; empty when none does. Host is that of its first
  /// instance, the id of the request kNewId unless it has one.
  const std::string& upstream_head() const { return upstream_head_; }
  std::string_view upstream_target() const;
  std::vector<Field> upstream_fields() const;
  /// The same as people may see them: without what the configuration keeps secret.
  std::vector<Field> shown_upstream_fields() const;

  static constexpr std::string_view kNewId = "<a new UUID>";

 private:
  void decide();
  void write_upstream_head();

  const Stage& stage_;
  const std::string bytes_;
  http::HeadParser parser_;
  proxy::Decision decision_;
  bool is_head_accepted_ = false;
  bool were_routes_asked_ = false;
  Outcome outcome_ = Outcome::Refused;
  std::optional<int> status_;
  Cause cause_ = Cause::None;
  std::string location_;
  std::string allow_;
  std::string upstream_head_;
};

}  // namespace gateway::explain
