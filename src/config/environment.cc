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

Status apply_host(std::string_view value, Config& config) {
  if (equals_ignore_case(value, "localhost")) value = "127.0.0.1";
  const auto address = Address::from_ip(value, 0);
  if (!address) {
    return Error{"expected a numeric IPv4 or IPv6 address to listen on, such as 0.0.0.0 or ::"};
  }
  config.listeners.front().host = address->host();
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
  config.listeners.front().port = *port;
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
};

constexpr std::array kVariables{
    Variable{"GATEWAY_HOST", apply_host},       Variable{"GATEWAY_PORT", apply_port},
    Variable{"GATEWAY_TIMEOUT", apply_timeout}, Variable{"GATEWAY_LOG_LEVEL", apply_log_level},
    Variable{"GATEWAY_WORKERS", apply_workers}, Variable{"GATEWAY_MAX_BODY", apply_max_body},
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

struct NumericOrder {
  bool operator()(std::string_view a, std::string_view b) const {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};

/// Sorts the environment into what is configuration, what looks like it, and the rest.
class Reader {
 public:
  explicit Reader(std::span<const std::string_view> environment) {
    for (const std::string_view entry : environment) {
      const std::size_t equals = entry.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view value = trim(entry.substr(equals + 1));
      if (!seen_.emplace(entry.substr(0, equals), value).second || value.empty()) continue;
      sort(entry.substr(0, equals), value);
    }
    add_services();
    if (const Status status = validate(loaded_.config); !status) fail(status.error().message);
  }

  Result<LoadedConfig> finish() && {
    if (!errors_.empty()) return Error{std::move(errors_)};
    return std::move(loaded_);
  }

 private:
  void sort(std::string_view name, std::string_view value) {
    const auto* variable = std::find_if(kVariables.begin(), kVariables.end(),
                                        [&](const Variable& row) { return row.name == name; });
    if (variable != kVariables.end()) {
      const Status status = variable->apply(value, loaded_.config);
      if (!status) fail(name, value, status.error());
    } else if (const auto number = service_number(name); !number.empty()) {
      urls_.emplace(number, value);
    } else if (name.starts_with("GATEWAY_") && !is_service_link(name, value)) {
      warn_unknown(name);
    } else if (const auto intended = intended_service_variable(name); !intended.empty()) {
      warn(std::string(name) + " is not used; did you mean " + intended + "?");
    }
  }

  void warn_unknown(std::string_view name) {
    std::array<std::string_view, kVariables.size()> names;
    std::transform(kVariables.begin(), kVariables.end(), names.begin(),
                   [](const Variable& row) { return row.name; });
    const std::string_view guess = closest(name, names);
    warn(std::string(name) + " is not a known variable" +
         (guess.empty() ? "" : "; did you mean " + std::string(guess) + "?"));
  }

  void add_services() {
    for (const auto& [number, url] : urls_) {
      const std::string name = "service" + std::string(number);
      auto instance = parse_instance_url(url);
      if (!instance) {
        fail("SERVICE" + std::string(number) + "_URL", without_user(url), instance.error());
        continue;
      }
      loaded_.config.services.push_back({name, {*std::move(instance)}});
      RouteConfig route;
      route.name = route.service = name;
      route.path_prefix = "/api/" + name + "/";
      route.rewrite_prefix = "/api/";
      loaded_.config.routes.push_back(std::move(route));
    }
    if (urls_.empty()) {
      warn(
          "no service is configured, every path but the gateway's own is answered with 404; set "
          "SERVICE1_URL");
    }
  }

  void fail(std::string_view name, std::string_view value, const Error& error) {
    fail(std::string(name).append("=").append(quoted(value)).append(": ").append(error.message));
  }
  void fail(std::string_view message) {
    errors_.append(errors_.empty() ? "" : "\n").append(message);
  }
  void warn(std::string message) { loaded_.warnings.push_back(std::move(message)); }

  LoadedConfig loaded_;
  std::string errors_;
  std::map<std::string_view, std::string_view> seen_;
  std::map<std::string_view, std::string_view, NumericOrder> urls_;
};

}  // namespace

Result<LoadedConfig> load_environment(std::span<const std::string_view> environment) {
  return Reader(environment).finish();
}

std::vector<std::string_view> process_environment() {
  std::vector<std::string_view> entries;
  for (char** entry = environ; *entry != nullptr; entry++) entries.emplace_back(*entry);
  return entries;
}

}  // namespace gateway
