// SPDX-License-Identifier: MIT
//
// Decision: what becomes of a request that no endpoint answers, out of its head and the routes
// alone. The gateway acts on it, and `explain` tells it: neither has rules of its own.
//
// Order    Max-Forwards, own paths, route (router), dot segments, length of the body. What only
//          shows while a request is under way (a body without a length, a service that fails) is
//          not in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/head.h"
#include "proxy/router.h"
#include "util/cause.h"

namespace gateway::proxy {

enum class Action : std::uint8_t {
  Forward,   ///< to the service of the route
  Respond,   ///< with the response of the route
  Redirect,  ///< as the route says, or from the bare prefix to the one with its slash
  Confirm,   ///< with 200: OPTIONS *, whether there is a server (RFC 9110 §9.3.7), or one that
             ///< may go no further (Max-Forwards, §7.6.2)
  Refuse,
};

struct Decision {
  Action action = Action::Refuse;
  Cause cause = Cause::NoRoute;  ///< of Refuse; otherwise None
  RouteMatch match{};            ///< without a route when none takes the request
};

/// Paths that belong to the gateway; those that are no endpoint are never forwarded.
bool is_own_path(std::string_view path);

Decision decide(const Router& router, const http::RequestHead& request);

/// Value of Allow when the cause is Method.
std::string allowed_methods(const Decision& decision, const Router& router,
                            const http::RequestHead& request);

/// Status and Location of Action::Redirect.
int redirect_status(const Decision& decision);
std::string redirect_location(const Decision& decision, std::string_view query);

}  // namespace gateway::proxy
