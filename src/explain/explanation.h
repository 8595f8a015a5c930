// SPDX-License-Identifier: MIT
//
// Explanation: everything there is to say about what the gateway would do with a request.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/effective.h"
#include "explain/rehearsal.h"
#include "explain/wording.h"

namespace gateway::explain {

/// A value of the configuration that the request meets.
struct Setting {
  std::string name;  ///< below what was asked for: "timeouts.connect"
  Effective::Json value;
  Effective::Writing written;
  bool is_inherited = false;
};

/// A route that does not take the request.
struct Loser {
  const RouteConfig* route;
  proxy::RouteVerdict verdict;
  std::string reason;
};

class Explanation {
 public:
  /// `loaded` outlives it.
  Explanation(const LoadedConfig& loaded, const Request& request);

  const Rehearsal& rehearsal() const { return rehearsal_; }
  /// "GET /users/7 goes to service …"
  std::string summary() const;
  /// What the user may not know about this request; empty: nothing.
  std::string hint() const;

  /// JSON pointers; empty: there is no such thing.
  std::string route_pointer() const;
  std::string service_pointer() const;

  const Effective& effective() const { return effective_; }
  /// The values at and below a pointer.
  std::vector<Setting> settings(const std::string& pointer) const;
  std::string origin_of(const RouteConfig& route) const;

  /// Those that nearly took the request first: then those whose prefixes have most of the path.
  std::vector<Loser> losers() const;

  /// Whether a service, or an answer that somebody configured, is reached.
  bool is_answered() const { return rehearsal_.outcome() != Outcome::Refused; }

 private:
  const Request request_;
  const Effective effective_;
  const Stage stage_;
  const Wording wording_;
  const Rehearsal rehearsal_;
};

/// For a terminal. `all`: every route and value, else what is close.
std::string to_text(const Explanation& explanation, bool all);

/// The whole of it, as api-gateway(8) describes it.
std::string to_json(const Explanation& explanation);

}  // namespace gateway::explain
