// SPDX-License-Identifier: MIT
#include "proxy/gateway.h"

#include <array>
#include <map>
#include <vector>

#include "http/target.h"
#include "proxy/forward.h"
#include "proxy/local_answer.h"
#include "proxy/redirect.h"
#include "proxy/router.h"

namespace gateway::proxy {
namespace {

/// Paths below belong to the gateway; those that are no endpoint are never forwarded.
constexpr std::string_view kOwnPrefix("/api/gateway");

bool is_own_path(std::string_view path) {
  return path.starts_with(kOwnPrefix) &&
         (path.size() == kOwnPrefix.size() || path[kOwnPrefix.size()] == '/');
}

http::Reply error(Cause cause) {
  http::Reply reply;
  reply.cause = cause;
  return reply;
}

std::string allow_field(std::string_view methods) {
  return std::string("Allow: ").append(methods).append("\r\n");
}

}  // namespace

struct Gateway::Impl {
  Impl(Loop& loop, const GatewayParts& parts)
      : endpoints(parts.endpoints),
        context{loop, parts.config, parts.access_log, parts.slot},
        resolver(loop),
        no_dns(evdns_base_new(loop.base(), EVDNS_BASE_DISABLE_WHEN_INACTIVE)),
        upstream{{loop, parts.config.limits, http::HeadParser(parts.config.limits), receive_buffer,
                  no_dns.get()},
                 parts.config.pool,
                 resolver,
                 parts.slot},
        routes(make_routes(parts)),
        router(routes),
        forwards(context) {}

  std::vector<Route> make_routes(const GatewayParts& parts) {
    InstanceSlot* slots = parts.instances;
    for (const ServiceConfig& config : parts.config.services) {
      services.try_emplace(config.name, upstream, config, slots);
      slots += config.instances.size();
    }
    std::vector<Route> made;
    for (const RouteConfig& route : parts.config.routes) {
      made.push_back({route, route.service.empty() ? nullptr : &services.at(route.service)});
    }
    return made;
  }

  http::Responder& endpoints;
  ProxyContext context;
  std::array<char, 64 << 10> receive_buffer{};
  upstream::Resolver resolver;
  EvdnsBasePtr no_dns;
  upstream::UpstreamContext upstream;
  std::map<std::string, upstream::Service> services;
  const std::vector<Route> routes;
  const Router router;
  ForwardPool forwards;
};

Gateway::Gateway(Loop& loop, const GatewayParts& parts)
    : impl_(std::make_unique<Impl>(loop, parts)) {}

Gateway::~Gateway() = default;

void Gateway::on_request(http::Exchange& exchange) {
  ProxyContext& context = impl_->context;
  const http::RequestHead& request = exchange.request();
  add(context.slot.requests, std::uint64_t{1});
  if (exchange.refusal() != Cause::None) {
    LocalAnswer::answer(context, exchange, error(exchange.refusal()));
    return;
  }
  if (request.target == "*") {  // of OPTIONS: whether there is a server (RFC 9110 §9.3.7)
    http::Reply reply;
    reply.content_type.clear();
    LocalAnswer::answer(context, exchange, std::move(reply));
    return;
  }
  if (auto reply = impl_->endpoints.respond(request)) {
    std::string allow = reply->allow.empty() ? std::string() : allow_field(reply->allow);
    LocalAnswer::answer(context, exchange, std::move(*reply), std::move(allow));
    return;
  }
  const RouteRequest wanted{request.path(), request.authority, request.method};
  const RouteMatch match = is_own_path(wanted.path) ? RouteMatch{} : impl_->router.match(wanted);
  if (match.wrong_method) {
    LocalAnswer::answer(context, exchange, error(Cause::Method),
                        allow_field(impl_->router.allowed_methods(wanted)));
  } else if (match.route == nullptr) {
    LocalAnswer::answer(context, exchange, error(Cause::NoRoute));
  } else if (match.route->service == nullptr) {
    answer_from_configuration(exchange, match);
  } else if (match.bare_prefix) {
    redirect(exchange, 308, match.route->config.match.path_prefix + std::string(request.query()));
  } else {
    impl_->forwards.take().start(exchange, match);
  }
}

void Gateway::answer_from_configuration(http::Exchange& exchange, const RouteMatch& match) {
  const RouteConfig& route = match.route->config;
  if (route.response) {
    http::Reply reply;
    reply.status = route.response->status;
    reply.content_type = route.response->content_type;
    reply.body = route.response->body;
    LocalAnswer::answer(impl_->context, exchange, std::move(reply));
  } else if (route.redirect->keeps_path && http::leaves_prefix(match.rest)) {
    LocalAnswer::answer(impl_->context, exchange, error(Cause::EscapesPrefix));
  } else {
    redirect(exchange, route.redirect->status,
             redirect_location(*route.redirect, match.rest, exchange.request().query()));
  }
}

void Gateway::redirect(http::Exchange& exchange, int status, std::string_view location) {
  http::Reply reply;
  reply.status = status;
  reply.content_type.clear();
  std::string fields("Location: ");
  fields.append(location).append("\r\n");
  LocalAnswer::answer(impl_->context, exchange, std::move(reply), std::move(fields));
}

void Gateway::close_idle() {
  for (auto& [name, service] : impl_->services) service.close_idle();
}

}  // namespace gateway::proxy
