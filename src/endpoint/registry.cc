// SPDX-License-Identifier: MIT
#include "endpoint/registry.h"

#include <array>
#include <string>
#include <string_view>

#include "endpoint/endpoints.h"

namespace gateway::endpoint {
namespace {

struct Row {
  std::string_view path;
  std::string (*body)(const EndpointContext& context);
};

constexpr std::array kTable{
    Row{"/health", health},
    Row{"/api/gateway/status", status},
    Row{"/api/gateway/services", services},
};

}  // namespace

std::optional<http::Reply> Registry::respond(const http::RequestHead& request) {
  for (const Row& row : kTable) {
    if (row.path != request.path()) continue;
    http::Reply reply;
    if (request.method == "GET" || request.is_head()) {
      reply.body = row.body(context_);
    } else {
      reply.status = info(Cause::Method).status;
      reply.cause = Cause::Method;
      reply.allow = "GET, HEAD";
    }
    return reply;
  }
  return std::nullopt;
}

}  // namespace gateway::endpoint
