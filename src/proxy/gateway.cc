// SPDX-License-Identifier: MIT
#include "proxy/gateway.h"

#include <array>
#include <map>
#include <vector>

#include "proxy/forward.h"
#include "proxy/local_answer.h"
#include "proxy/routing.h"

namespace gateway::proxy {
namespace {

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
  if (auto reply = impl_->endpoints.respond(request)) {
    std::string allow = reply->allow.empty() ? std::string() : allow_field(reply->allow);
    LocalAnswer::answer(context, exchange, std::move(*reply), std::move(allow));
    return;
  }
  act(exchange, decide(impl_->router, request));
}

void Gateway::act(http::Exchange& exchange, const Decision& decision) {
  const http::RequestHead& request = exchange.request();
  const Route* route = decision.match.route;
  switch (decision.action) {
    case Action::Forward: return impl_->forwards.take().start(exchange, decision);
    case Action::Respond: return respond(exchange, route->config);
    case Action::Redirect:
      return redirect(exchange, route->config, redirect_status(decision),
                      redirect_location(decision, request.query()));
    case Action::Confirm: return confirm(exchange);
    case Action::Refuse: break;
  }
  // In the name of the service.
  const bool is_for_service = route != nullptr && route->service != nullptr;
  if (is_for_service) return impl_->forwards.take().start(exchange, decision);
  std::string allow;
  if (decision.cause == Cause::Method) {
    allow = allow_field(allowed_methods(decision, impl_->router, request));
  }
  const std::string_view name = route == nullptr ? std::string_view() : route->config.name;
  LocalAnswer::answer(impl_->context, exchange, error(decision.cause), std::move(allow), name);
}

void Gateway::confirm(http::Exchange& exchange) {
  http::Reply reply;
  reply.content_type.clear();
  LocalAnswer::answer(impl_->context, exchange, std::move(reply));
}

void Gateway::respond(http::Exchange& exchange, const RouteConfig& route) {
  http::Reply reply;
  reply.status = route.response->status;
  reply.content_type = route.response->content_type;
  reply.body = route.response->body;
  LocalAnswer::answer(impl_->context, exchange, std::move(reply), {}, route.name);
}

void Gateway::redirect(http::Exchange& exchange, const RouteConfig& route, int status,
                       std::string_view location) {
  http::Reply reply;
  reply.status = status;
  reply.content_type.clear();
  std::string fields("Location: ");
  fields.append(location).append("\r\n");
  LocalAnswer::answer(impl_->context, exchange, std::move(reply), std::move(fields), route.name);
}

void Gateway::close_idle() {
  for (auto& [name, service] : impl_->services) service.close_idle();
}

}  // namespace gateway::proxy
