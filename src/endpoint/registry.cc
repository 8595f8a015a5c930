// SPDX-License-Identifier: MIT
#include "endpoint/registry.h"

#include <algorithm>
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

const Row* find_row(std::string_view path) {
  const auto* row = std::find_if(kTable.begin(), kTable.end(),
                                 [&](const Row& each) { return each.path == path; });
  return row == kTable.end() ? nullptr : row;
}

}  // namespace

std::optional<Cause> judge(const http::RequestHead& request) {
  if (find_row(request.path()) == nullptr) return std::nullopt;
  return request.method == "GET" || request.is_head() ? Cause::None : Cause::Method;
}

std::optional<http::Reply> Registry::respond(const http::RequestHead& request) {
  const std::optional<Cause> cause = judge(request);
  if (!cause) return std::nullopt;
  http::Reply reply;
  if (*cause == Cause::None) {
    reply.body = find_row(request.path())->body(context_);
  } else {
    reply.status = info(*cause).status;
    reply.cause = *cause;
    reply.allow = kAllowed;
  }
  return reply;
}

}  // namespace gateway::endpoint
