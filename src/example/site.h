// SPDX-License-Identifier: MIT
//
// Site: the example service as the server sees it, and its table of paths.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "event/loop.h"
#include "example/page.h"
#include "http/exchange.h"

namespace gateway::example {

class Site : public http::Handler {
 public:
  Site(Loop& loop, std::string name) : loop_(loop), name_(std::move(name)) {}

  void on_request(http::Exchange& exchange) override;

 private:
  Loop& loop_;
  std::string name_;
};

struct Match {
  PagePtr (*make)(const PageRequest& request);
  std::string_view argument;
};

/// The page of a path; make_echo for those nothing else is made for.
Match match(std::string_view path);

}  // namespace gateway::example
