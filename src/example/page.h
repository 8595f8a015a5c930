// SPDX-License-Identifier: MIT
//
// Page: answers one request to the example service.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "event/loop.h"
#include "example/sender.h"
#include "http/exchange.h"

namespace gateway::example {

/// What a page is made from. Only loop and sender last longer than the making.
struct PageRequest {
  Loop& loop;
  Sender sender;
  const http::RequestHead& head;
  std::string_view argument;  ///< what stands behind the path of the route: "404" of "/status/404"
};

class Page {
 public:
  virtual ~Page() = default;
  /// A piece of the request body, and its `end`: the time to answer. After an upgrade, what the
  /// client sends.
  virtual void on_body(http::Exchange& exchange, std::span<char> data, bool end) = 0;
  /// A queue that was congested is so no longer.
  virtual void on_drained(http::Exchange& exchange) = 0;
};

using PagePtr = std::unique_ptr<Page>;

// <name>_page.cc has make_<name>(); health, status and bad_request are in fixed_page.cc.
PagePtr make_health(const PageRequest& request);
PagePtr make_status(const PageRequest& request);
PagePtr make_bad_request(const PageRequest& request, std::string_view message);
PagePtr make_delay(const PageRequest& request);
PagePtr make_stream(const PageRequest& request);
PagePtr make_bytes(const PageRequest& request);
PagePtr make_websocket(const PageRequest& request);
PagePtr make_echo(const PageRequest& request);

}  // namespace gateway::example
