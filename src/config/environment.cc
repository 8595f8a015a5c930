// SPDX-License-Identifier: MIT
#include "config/environment.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

#include "config/url.h"
#include "config/validate.h"
#include "config/values.h"
#include "util/address.h"
#include "util/text.h"

namespace gateway {
namespace {

/// The first listener, which these variables make one for TCP.
ListenerConfig& tcp_listener(Config& config) {
  ListenerConfig& listener = config.listeners.front();
  if (!listener.unix_path.empty()) {
    const ListenerConfig plain;
    listener.unix_path.clear();
    listener.host = plain.host;
    listener.port = plain.port;
  }
  return listener;
}

Status apply_host(std::string_view value, Config& config) {
  if (equals_ignore_case(value, "localhost")) value = "127.0.0.1";
  const auto address = Address::from_ip(value, 0);
  if (!address) {
    return Error{"expected a numeric IPv4 or IPv6 address to listen on, such as 0.0.0.0 or ::"};
  }
  tcp_listener(config).host = address->host();
  return ok();
}

Status apply_port(std::string_view value, Config& config) {
  if (value.find("://") != std::string_view::npos) {
    return Error{
        "expected a port number from 0 to 65535; this looks like the variable an orchestrator "
        "injects for a service named \"gateway\": rename that service, disable its service links, "
        "or set GATEWAY_PORT for this container"};
  }
  const auto port = parse_port(value);
  if (!port) return Error{"expected a port number from 0 to 65535 (0: the kernel picks one)"};
  tcp_listener(config).port = *port;
  return ok();
}

Status apply_timeout(std::string_view value, Config& config) {
  const auto timeout = parse_seconds(value);
  if (!timeout) {
    return Error{"expected seconds from 0.1 to 86400, decimals allowed, such as 30 or 2.5"};
  }
  config.timeouts.connect = std::min(*timeout, config.timeouts.connect);
  config.timeouts.response_header = *timeout;
  config.timeouts.idle = *timeout;
  config.client.header = *timeout;
  config.client.body = *timeout;
  config.client.write = *timeout;
  return ok();
}

Status apply_log_level(std::string_view value, Config& config) {
  const auto level = parse_log_level(value);
  if (!level) return Error{"expected trace, debug, info, warning, error, critical or off"};
  config.logs.level = *level;
  return ok();
}

Status apply_workers(std::string_view value, Config& config) {
  if (equals_ignore_case(value, "auto")) {
    config.workers = 0;
    return ok();
  }
  const auto workers = parse_decimal(value).value_or(0);
  if (workers < 1 || workers > kMaxWorkers) {
    return Error{"expected a number of workers from 1 to " + std::to_string(kMaxWorkers) +
                 ", or auto for one per core"};
  }
  config.workers = static_cast<unsigned>(workers);
  return ok();
}

Status apply_max_body(std::string_view value, Config& config) {
  if (equals_ignore_case(value, "off")) {
    config.limits.request_body = kUnlimited;
    return ok();
  }
  const auto size = parse_size(value);
  if (size.value_or(0) == 0) {
    return Error{
        "expected a size such as 10MiB, 500KB or 1048576 (bytes), at least 1 byte, or off for no "
        "limit"};
  }
  config.limits.request_body = *size;
  return ok();
}

struct Variable {
  std::string_view name;
  Status (*apply)(std::string_view value, Config& config);  ///< errors tell what is accepted
  std::string_view pointers;                                ///< the keys it overrides
};

constexpr std::array kVariables{
    Variable{"GATEWAY_HOST", apply_host, "/listeners/0/address"},
    Variable{"GATEWAY_PORT", apply_port, "/listeners/0/address"},
    Variable{"GATEWAY_TIMEOUT", apply_timeout,
             "/defaults/timeouts/connect /defaults/timeouts/response_header "
             "/defaults/timeouts/idle /client/header /client/body /client/write"},
    Variable{"GATEWAY_LOG_LEVEL", apply_log_level, "/logs/error/level"},
    Variable{"GATEWAY_WORKERS", apply_workers, "/workers"},
    Variable{"GATEWAY_MAX_BODY", apply_max_body, "/defaults/limits/request_body"},
};

/// What a kubelet or a container engine injects for a service whose name begins with "gateway".
bool is_service_link(std::string_view name, std::string_view value) {
  return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos ||
         name.find("_TCP") != std::string_view::npos ||
         name.find("_UDP") != std::string_view::npos || value.starts_with("tcp://") ||
         value.starts_with("udp://");
}

/// The N of SERVICE<N>_URL; empty when the name is not of that form.
std::string_view service_number(std::string_view name) {
  constexpr std::string_view kPrefix = "SERVICE";
  constexpr std::string_view kSuffix = "_URL";
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return {};
  if (name.size() <= kPrefix.size() + kSuffix.size()) return {};
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  const bool is_number = std::all_of(name.begin(), name.end(), is_digit);
  return is_number && (name == "0" || name.front() != '0') ? name : std::string_view{};
}

/// The variable that a name such as SERVICE_1_URL or service01url was meant to be; else empty.
std::string intended_service_variable(std::string_view name) {
  std::string bare;
  std::copy_if(name.begin(), name.end(), std::back_inserter(bare),
               [](char c) { return c != '_' && c != '-'; });
  constexpr std::size_t kPrefix = 7;  // "service"
  constexpr std::size_t kSuffix = 3;  // "url"
  if (bare.size() < kPrefix + kSuffix) return {};
  std::string_view number = std::string_view(bare).substr(kPrefix);
  number.remove_suffix(kSuffix);
  if (!equals_ignore_case(bare.substr(0, kPrefix), "service") ||
      !equals_ignore_case(bare.substr(bare.size() - kSuffix), "url") ||
      !std::all_of(number.begin(), number.end(), is_digit)) {
    return {};
  }
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return "SERVICE" + (number.empty() ? "1" : std::string(number)) + "_URL";
}

std::string url_variable(std::string_view number) {
  return std::string("SERVICE").append(number).append("_URL");
}

std::string service_name(std::string_view number) { return std::string("service").append(number); }

}  // namespace

Environment::Environment(std::span<const std::string_view> entries) {
  for (const std::string_view entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = entry.substr(0, equals);
    const std::string_view value = trim(entry.substr(equals + 1));
    if (!values_.emplace(name, value).second || value.empty()) continue;
    if (const auto number = service_number(name); !number.empty()) {
      urls_.emplace(number, value);
    } else {
      warn_of(name, value);
    }
  }
}

std::string_view Environment::value_of(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view{} : found->second;
}

void Environment::apply_settings(Config& config, Origins& origins) {
  for (const Variable& variable : kVariables) {
    const std::string_view value = value_of(variable.name);
    if (value.empty()) continue;
    const Status status = variable.apply(value, config);
    if (!status) fail(variable.name, value, status.error());
    for (const std::string_view pointer : split(variable.pointers, ' ')) {
      note_overridden(origins, pointer, variable.name);
      origins[std::string(pointer)] = {{}, std::string(variable.name)};
    }
  }
}

void Environment::apply_services(Config& config, Origins& origins) {
  for (const auto& [number, url] : urls_) {
    auto instance = parse_instance_url(url);
    if (!instance) {
      fail(url_variable(number), without_user(url), instance.error());
      continue;
    }
    const std::string name = service_name(number);
    auto service = std::find_if(config.services.begin(), config.services.end(),
                                [&](const ServiceConfig& each) { return each.name == name; });
    if (service == config.services.end()) {
      config.services.push_back({name, {}, config.timeouts, config.limits, config.server_timing});
      service = std::prev(config.services.end());
    }
    service->instances = {*std::move(instance)};
    const std::string instances = "/services/" + name + "/instances";
    note_overridden(origins, instances, url_variable(number));
    std::erase_if(origins, [&](const auto& entry) { return entry.first.starts_with(instances); });
    const Origin origin{{}, url_variable(number)};
    origins.try_emplace("/services/" + name, origin);
    origins[instances + "/0/url"] = origin;
  }
}

void Environment::add_routes(Config& config, Origins& origins) const {
  for (const auto& [number, url] : urls_) {
    const std::string name = service_name(number);
    const bool is_used =
        std::any_of(config.routes.begin(), config.routes.end(),
                    [&](const RouteConfig& route) { return route.service == name; });
    const auto service = std::find_if(config.services.begin(), config.services.end(),
                                      [&](const ServiceConfig& each) { return each.name == name; });
    if (is_used || service == config.services.end()) continue;
    const std::string at = "/routes/" + std::to_string(config.routes.size());
    for (const char* key :
         {"", "/name", "/match/path_prefix", "/service", "/rewrite/path_prefix"}) {
      origins[at + key] = {{}, url_variable(number)};
    }
    RouteConfig route;
    route.name = route.service = name;
    route.match.path_prefix = "/api/" + name + "/";
    route.rewrite_prefix = "/api/";
    route.timeouts = service->timeouts;
    route.limits = service->limits;
    route.server_timing = service->server_timing;
    config.routes.push_back(std::move(route));
  }
}

void Environment::warn_of(std::string_view name, std::string_view value) {
  std::vector<std::string_view> names;
  for (const Variable& variable : kVariables) names.push_back(variable.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  if (name.starts_with("GATEWAY_") && !is_service_link(name, value)) {
    const std::string_view guess = closest(name, names);
    warnings_.push_back(std::string(name) + " is not a known variable" +
                        (guess.empty() ? "" : "; did you mean " + std::string(guess) + "?"));
  } else if (const auto intended = intended_service_variable(name); !intended.empty()) {
    warnings_.push_back(std::string(name) + " is not used; did you mean " + intended + "?");
  }
}

void Environment::note_overridden(const Origins& origins, std::string_view pointer,
                                  std::string_view name) {
  const auto found = origins.find(pointer);
  if (found == origins.end() || !found->second.place.source) return;
  overridden_.push_back(found->second.place.line_text()
                            .append(": ")
                            .append(pointer)
                            .append(" has no effect: the variable ")
                            .append(name)
                            .append(" is set, and goes before the file"));
}

void Environment::fail(std::string_view name, std::string_view value, const Error& error) {
  errors_.push_back(
      std::string(name).append("=").append(quoted(value)).append(": ").append(error.message));
}

std::vector<std::string_view> process_environment() {
  std::vector<std::string_view> entries;
  for (char** entry = environ; *entry != nullptr; entry++) entries.emplace_back(*entry);
  return entries;
}

}  // namespace gateway
