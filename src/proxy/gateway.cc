// SPDX-License-Identifier: MIT
#include "proxy/gateway.h"

#include <array>
#include <map>
#include <vector>

#include "http/receiving.h"
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

AnsweringRoute answering(const Route& route) { return {*route.counters, route.config.name}; }

std::string allow_field(std::string_view methods) {
  return std::string("Allow: ").append(methods).append("\r\n");
}

}  // namespace

struct Gateway::Impl {
  Impl(Loop& loop, const GatewayParts& parts)
      : endpoints(parts.endpoints),
        context{loop, parts.config, parts.access_log, parts.meters},
        resolver(loop),
        no_dns(evdns_base_new(loop.base(), EVDNS_BASE_DISABLE_WHEN_INACTIVE)),
        upstream{{loop, parts.config.limits, http::HeadParser(parts.config.limits), receive_buffer,
                  no_dns.get()},
                 parts.config.pool,
                 resolver},
        routes(make_routes(parts)),
        router(routes),
        forwards(context) {}

  std::vector<Route> make_routes(const GatewayParts& parts) {
    const Meters::Instance* meters = parts.meters.instances.data();
    for (const ServiceConfig& config : parts.config.services) {
      services.try_emplace(config.name, upstream, config, meters);
      meters += config.instances.size();
    }
    std::vector<Route> made;
    for (const RouteConfig& route : parts.config.routes) {
      made.push_back({route, route.service.empty() ? nullptr : &services.at(route.service),
                      parts.meters.routes[made.size()]});
    }
    return made;
  }

  http::Responder& endpoints;
  ProxyContext context;
  std::array<char, http::kReceiveBuffer> receive_buffer{};
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
  if (exchange.refusal() != Cause::None) {
    LocalAnswer::answer(context, exchange, {*context.meters.no_route}, error(exchange.refusal()));
    return;
  }
  if (auto reply = impl_->endpoints.respond(request)) {
    std::string allow = reply->allow.empty() ? std::string() : allow_field(reply->allow);
    LocalAnswer::answer(context, exchange, {*context.meters.endpoint}, std::move(*reply),
                        std::move(allow));
    return;
  }
  act(exchange, decide(impl_->router, request));
}

void Gateway::act(http::Exchange& exchange, const Decision& decision) {
  const http::RequestHead& request = exchange.request();
  const Route* route = decision.match.route;
  switch (decision.action) {
    case Action::Forward: return impl_->forwards.take().start(exchange, decision);
    case Action::Respond: return respond(exchange, *route);
    case Action::Redirect:
      return redirect(exchange, *route, redirect_status(decision),
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
  const AnsweringRoute by =
      route == nullptr ? AnsweringRoute{*impl_->context.meters.no_route} : answering(*route);
  LocalAnswer::answer(impl_->context, exchange, by, error(decision.cause), std::move(allow));
}

void Gateway::confirm(http::Exchange& exchange) {
  http::Reply reply;
  reply.content_type.clear();
  LocalAnswer::answer(impl_->context, exchange, {*impl_->context.meters.endpoint},
                      std::move(reply));
}

void Gateway::respond(http::Exchange& exchange, const Route& route) {
  http::Reply reply;
  const StaticResponse& response = *route.config.response;
  reply.status = response.status;
  reply.content_type = response.content_type;
  reply.body = response.body;
  LocalAnswer::answer(impl_->context, exchange, answering(route), std::move(reply));
}

void Gateway::redirect(http::Exchange& exchange, const Route& route, int status,
                       std::string_view location) {
  http::Reply reply;
  reply.status = status;
  reply.content_type.clear();
  std::string fields("Location: ");
  fields.append(location).append("\r\n");
  LocalAnswer::answer(impl_->context, exchange, answering(route), std::move(reply),
                      std::move(fields));
}

void Gateway::close_idle() {
  for (auto& [name, service] : impl_->services) service.close_idle();
}

}  // namespace gateway::proxy
