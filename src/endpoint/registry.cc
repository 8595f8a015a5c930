// SPDX-License-Identifier: MIT
#include "endpoint/registry.h"

#include <algorithm>
#include <array>

#include "endpoint/endpoints.h"

namespace gateway::endpoint {
namespace {

constexpr std::array kPublic{
    Endpoint{"/health", health},
    Endpoint{"/api/gateway/status", status},
    Endpoint{"/api/gateway/services", services},
};

constexpr std::array kAdmin{
    Endpoint{"/metrics", metrics, "text/plain; version=0.0.4; charset=utf-8"},
    Endpoint{"/status", status},
    Endpoint{"/health", health},
};

const Endpoint* find(std::span<const Endpoint> endpoints, std::string_view path) {
  const auto row = std::find_if(endpoints.begin(), endpoints.end(),
                                [&](const Endpoint& each) { return each.path == path; });
  return row == endpoints.end() ? nullptr : &*row;
}

}  // namespace

std::span<const Endpoint> public_endpoints() { return kPublic; }
std::span<const Endpoint> admin_endpoints() { return kAdmin; }

std::optional<Cause> judge(const http::RequestHead& request, std::span<const Endpoint> endpoints) {
  if (find(endpoints, request.path()) == nullptr) return std::nullopt;
  return request.method == "GET" || request.is_head() ? Cause::None : Cause::Method;
}

std::optional<http::Reply> Registry::respond(const http::RequestHead& request) {
  const std::optional<Cause> cause = judge(request, endpoints_);
  if (!cause) return std::nullopt;
  http::Reply reply;
  if (*cause == Cause::None) {
    const Endpoint& endpoint = *find(endpoints_, request.path());
    reply.content_type = endpoint.content_type;
    reply.body = endpoint.body(context_);
  } else {
    reply.status = info(*cause).status;
    reply.cause = *cause;
    reply.allow = kAllowed;
  }
  return reply;
}

}  // namespace gateway::endpoint
