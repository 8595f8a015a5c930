// SPDX-License-Identifier: MIT
#include "proxy/router.h"

#include <algorithm>

namespace gateway::proxy {

Router::Router(const std::vector<Route>& routes) {
  for (const Route& route : routes) {
    by_prefix_.emplace(route.config.path_prefix, &route);
    longest_ = std::max(longest_, route.config.path_prefix.size());
  }
}

RouteMatch Router::match(std::string_view path) const {
  RouteMatch best;
  for (std::size_t slash = path.find('/'); slash < longest_; slash = path.find('/', slash + 1)) {
    const auto found = by_prefix_.find(path.substr(0, slash + 1));
    if (found != by_prefix_.end()) best = {found->second, path.substr(slash + 1), false};
  }
  if (!path.ends_with('/') && path.size() < longest_) {
    std::string with_slash(path);
    with_slash += '/';
    const auto found = by_prefix_.find(with_slash);
    if (found != by_prefix_.end()) best = {found->second, {}, true};
  }
  return best;
}

}  // namespace gateway::proxy
