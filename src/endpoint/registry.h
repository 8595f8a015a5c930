// SPDX-License-Identifier: MIT
//
// Registry: the URLs the gateway answers itself, as tables of path and function.
//
// Public   on every listener. Admin: on the admin listener only.
// Answers  come from memory only, so they are quick also when every service hangs.
// Paths    are matched byte for byte; the query is ignored.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "endpoint/context.h"
#include "http/responder.h"

namespace gateway::endpoint {

struct Endpoint {
  std::string_view path;
  std::string (*body)(const EndpointContext& context);
  const char* content_type = "application/json";
};

std::span<const Endpoint> public_endpoints();
std::span<const Endpoint> admin_endpoints();

/// What becomes of a request for one of these URLs: Cause::None when it is answered with 200.
/// nullopt: none of ours.
std::optional<Cause> judge(const http::RequestHead& request,
                           std::span<const Endpoint> endpoints = public_endpoints());

/// Value of Allow when the cause is Method.
inline constexpr std::string_view kAllowed = "GET, HEAD";

class Registry : public http::Responder {
 public:
  explicit Registry(const EndpointContext& context,
                    std::span<const Endpoint> endpoints = public_endpoints())
      : context_(context), endpoints_(endpoints) {}

  std::optional<http::Reply> respond(const http::RequestHead& request) override;

 private:
  EndpointContext context_;
  std::span<const Endpoint> endpoints_;
};

}  // namespace gateway::endpoint
