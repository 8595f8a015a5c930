// SPDX-License-Identifier: MIT
//
// Registry: the URLs the gateway answers itself, as one table of path and function.
//
// Answers  come from memory only, so they are quick also when every service hangs.
// Paths    are matched byte for byte; the query is ignored.
#pragma once

#include <optional>
#include <string_view>

#include "endpoint/context.h"
#include "http/responder.h"

namespace gateway::endpoint {

/// What becomes of a request for one of these URLs: Cause::None when it is answered with 200.
/// nullopt: none of ours.
std::optional<Cause> judge(const http::RequestHead& request);

/// Value of Allow when the cause is Method.
inline constexpr std::string_view kAllowed = "GET, HEAD";

class Registry : public http::Responder {
 public:
  explicit Registry(const EndpointContext& context) : context_(context) {}

  std::optional<http::Reply> respond(const http::RequestHead& request) override;

 private:
  EndpointContext context_;
};

}  // namespace gateway::endpoint
