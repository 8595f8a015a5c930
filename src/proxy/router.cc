// SPDX-License-Identifier: MIT
#include "proxy/router.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <tuple>

#include "util/text.h"

namespace gateway::proxy {
namespace {

/// RFC 1035 §2.3.4, and some room; a longer host is nobody's.
constexpr std::size_t kMaxHost = 256;

/// Writes as many bytes as `text` has.
void copy_lower(char* out, std::string_view text) {
  // Eight at a time. A capital is what 0x3f more, but not 0x25 more, takes beyond 0x7f.
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  std::size_t at = 0;
  for (std::uint64_t word = 0; text.size() - at >= sizeof word; at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    const std::uint64_t ascii = word & kEach * 0x7f;
    const std::uint64_t from_a = ascii + kEach * (0x80 - 'A');
    const std::uint64_t behind_z = ascii + kEach * (0x7f - 'Z');
    word |= (from_a & ~behind_z & ~word & kEach * 0x80) >> 2;
    std::memcpy(out + at, &word, sizeof word);
  }
  for (; at < text.size(); at++) out[at] = to_lower(text[at]);
}

/// A host as routes have it: lower case, without port and last dot.
class PlainHost {
 public:
  explicit PlainHost(std::string_view host) {
    host = host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.size() > text_.size()) return;
    length_ = host.size();
    copy_lower(text_.data(), host);
  }
  std::string_view view() const { return {text_.data(), length_}; }

 private:
  std::array<char, kMaxHost> text_;  // not cleared: this runs for every request
  std::size_t length_ = 0;
};

/// "*.example.com" → ".example.com"
std::string_view key_of(std::string_view pattern) {
  return pattern.starts_with('*') ? pattern.substr(1) : pattern;
}

bool lists(const std::vector<std::string>& methods, std::string_view method) {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

bool takes_method(const RouteConfig& route, std::string_view method) {
  const auto& methods = route.match.methods;
  return methods.empty() || lists(methods, method) || (method == "HEAD" && lists(methods, "GET"));
}

bool is_bare(std::string_view path, std::string_view prefix) {
  return path.size() + 1 == prefix.size() && prefix.starts_with(path);
}

/// How well a route's hosts fit: nullopt not at all, 0 every host, else the longer the better.
std::optional<std::size_t> host_rank(const RouteConfig& route, std::string_view host) {
  std::optional<std::size_t> best;
  if (route.match.hosts.empty()) best = 0;
  for (const std::string& pattern : route.match.hosts) {
    const std::string_view key = key_of(pattern);
    const bool is_suffix = key.size() < pattern.size();
    const bool fits = is_suffix ? host.size() > key.size() && host.ends_with(key) : host == key;
    if (fits) best = std::max(best.value_or(0), is_suffix ? key.size() : kMaxHost);
  }
  return best;
}

}  // namespace

Router::Router(std::span<const Route> routes) : routes_(routes) {
  const auto insert = [](Candidates& candidates, const Route& route) {
    const bool has_methods = !route.config.match.methods.empty();
    const auto behind = std::find_if(candidates.begin(), candidates.end(), [](const Route* other) {
      return other->config.match.methods.empty();
    });
    candidates.insert(has_methods ? behind : candidates.end(), &route);
  };
  for (const Route& route : routes) {
    const MatchConfig& match = route.config.match;
    const auto prefix = std::string_view(match.path_prefix).substr(0, match.path_prefix.size() - 1);
    Place& place = by_prefix_[prefix];
    for (const std::string& host : match.hosts) insert(place.by_host[key_of(host)], route);
    if (match.hosts.empty()) insert(place.any_host, route);
    longest_ = std::max(longest_, prefix.size());
  }
}

/// From the most to the least specific host, until `visit` returns true; returns whether any
/// candidates have the host.
template <class Visit>
bool Router::visit_hosts(const Place& place, std::string_view host, const Visit& visit) {
  bool found = false;
  const auto look = [&](std::string_view key) {
    const auto entry = place.by_host.find(key);
    if (entry == place.by_host.end()) return false;
    found = true;
    return visit(entry->second);
  };
  if (!place.by_host.empty()) {
    const PlainHost plain(host);
    const std::string_view name = plain.view();
    if (!name.starts_with('.') && look(name)) return true;
    for (auto dot = name.find('.', 1); dot < name.size(); dot = name.find('.', dot + 1)) {
      if (look(name.substr(dot))) return true;
    }
  }
  if (place.any_host.empty()) return found;
  visit(place.any_host);
  return true;
}

/// Places whose prefix the path has, longest first, until `visit` returns true.
template <class Visit>
void Router::visit_places(std::string_view path, const Visit& visit) const {
  const auto look = [&](std::size_t length, std::size_t with_slash) {
    const auto found = by_prefix_.find(path.substr(0, length));
    return found != by_prefix_.end() && visit(found->second, with_slash);
  };
  const bool may_be_bare = !path.ends_with('/') && path.size() <= longest_;
  if (may_be_bare && look(path.size(), path.size())) return;
  for (auto slash = path.rfind('/', longest_); slash != path.npos;
       slash = path.rfind('/', slash - 1)) {
    if (look(slash, slash + 1) || slash == 0) return;
  }
}

/// Whether the search ends here.
bool Router::choose(const Place& place, const RouteRequest& request, RouteMatch& match) {
  const bool has_host = visit_hosts(place, request.host, [&](const Candidates& candidates) {
    const auto chosen = std::find_if(candidates.begin(), candidates.end(), [&](const Route* route) {
      return takes_method(route->config, request.method);
    });
    if (chosen == candidates.end()) return false;
    match.route = *chosen;
    return true;
  });
  match.wrong_method = has_host && match.route == nullptr;
  return has_host;
}

RouteMatch Router::match(const RouteRequest& request) const {
  RouteMatch match;
  visit_places(request.path, [&](const Place& place, std::size_t length) {
    if (!choose(place, request, match)) return false;
    match.rest = request.path.substr(length);
    match.bare_prefix = !request.path.substr(0, length).ends_with('/');
    return true;
  });
  return match;
}

std::string Router::allowed_methods(const RouteRequest& request) const {
  std::vector<std::string_view> methods;
  const auto allow = [&](std::string_view method) {
    if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
      methods.push_back(method);
    }
  };
  visit_places(request.path, [&](const Place& place, std::size_t) {
    return visit_hosts(place, request.host, [&](const Candidates& candidates) {
      for (const Route* route : candidates) {
        for (const std::string& method : route->config.match.methods) {
          allow(method);
          if (method == "GET") allow("HEAD");
        }
      }
      return false;
    });
  });
  std::string text;
  for (const std::string_view method : methods) {
    text.append(text.empty() ? "" : ", ").append(method);
  }
  return text;
}

std::vector<RouteJudgement> Router::explain(const RouteRequest& request) const {
  const PlainHost host(request.host);
  const RouteMatch winner = match(request);
  std::vector<RouteJudgement> judgements;
  for (const Route& route : routes_) {
    const std::string& prefix = route.config.match.path_prefix;
    RouteVerdict verdict = RouteVerdict::LessSpecific;
    if (&route == winner.route) {
      verdict = RouteVerdict::Wins;
    } else if (!request.path.starts_with(prefix) && !is_bare(request.path, prefix)) {
      verdict = RouteVerdict::Path;
    } else if (!host_rank(route.config, host.view())) {
      verdict = RouteVerdict::Host;
    } else if (!takes_method(route.config, request.method)) {
      verdict = RouteVerdict::Method;
    }
    judgements.push_back({&route, verdict});
  }
  const auto order = [&](const RouteJudgement& judgement) {
    const MatchConfig& match = judgement.route->config.match;
    const auto rank = host_rank(judgement.route->config, host.view());
    return std::tuple(match.path_prefix.size(), rank, !match.methods.empty());
  };
  std::stable_sort(judgements.begin(), judgements.end(),
                   [&](const auto& a, const auto& b) { return order(a) > order(b); });
  return judgements;
}

}  // namespace gateway::proxy
