// SPDX-License-Identifier: MIT
#include "example/site.h"

#include <array>

#include "config/config.h"

namespace gateway::example {
namespace {

struct Route {
  std::string_view path;  // with '/' at its end: and all below, which is the page's argument
  PagePtr (*make)(const PageRequest& request);
};

constexpr std::array kRoutes{
    Route{"/health", make_health}, Route{"/status/", make_status}, Route{"/delay/", make_delay},
    Route{"/stream", make_stream}, Route{"/bytes/", make_bytes},   Route{"/ws", make_websocket},
};

// One exchange: its page, until the exchange is over.
class Visit : public http::ExchangeHandler {
 public:
  Visit(Sender sender, PagePtr page) : sender_(sender), page_(std::move(page)) {}

  void on_body(http::Exchange& exchange, std::span<char> data, bool end) override {
    page_->on_body(exchange, data, end);
  }
  void on_body_failed(http::Exchange& exchange, Cause cause) override {
    page_.reset();  // so that it does not answer too
    if (exchange.has_begun()) {
      exchange.abort(cause);
    } else {
      sender_.send_error(exchange, cause);
    }
  }
  void on_drained(http::Exchange& exchange) override {
    if (page_) page_->on_drained(exchange);
  }
  void on_finished(http::Exchange& /*exchange*/, Cause /*cause*/) override { delete this; }

 private:
  Sender sender_;
  PagePtr page_;
};

}  // namespace

Match match(std::string_view path) {
  if (path.starts_with("/api/")) path.remove_prefix(std::string_view("/api").size());
  for (const Route& route : kRoutes) {
    const bool matches =
        route.path.ends_with('/') ? path.starts_with(route.path) : path == route.path;
    if (matches) return {route.make, path.substr(route.path.size())};
  }
  return {make_echo, {}};
}

void Site::on_request(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.request();
  const Sender sender{name_, head.is_head()};
  if (exchange.refusal() != Cause::None) {
    exchange.set_handler(*new Visit(sender, nullptr));
    sender.send_error(exchange, exchange.refusal());
    return;
  }
  exchange.set_body_limit(kUnlimited);
  const auto [make, argument] = match(head.path());
  exchange.set_handler(*new Visit(sender, make({loop_, sender, head, argument})));
}

}  // namespace gateway::example
