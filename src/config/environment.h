// SPDX-License-Identifier: MIT
//
// Configuration by environment variables: GATEWAY_* and SERVICE<N>_URL.
//
// Empty    (or blank) means unset; blanks around a value are ignored.
// Errors   all of them at once: variable, value, what is accepted.
// Source   api-gateway(8), ENVIRONMENT.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/problems.h"
#include "util/result.h"

namespace gateway {

struct LoadedConfig {
  Config config;
  std::vector<std::string> warnings;    ///< what an operator should know; nothing that stops us
  Origins origins;                      ///< of what is not built in
  std::vector<std::string> overridden;  ///< what the file says in vain: a variable is set
};

/// Variables on top of what a file says, in the order of the methods.
class Environment {
 public:
  /// `entries`: "NAME=VALUE" strings that outlive it. Of several with one name the first counts,
  /// as in getenv().
  explicit Environment(std::span<const std::string_view> entries);

  /// Empty when it is unset.
  std::string_view value_of(std::string_view name) const;

  void apply_settings(Config& config, Origins& origins);
  /// SERVICE<N>_URL replaces the instances of service<N>, or adds the service.
  void apply_services(Config& config, Origins& origins);
  /// A route for each of these services that has none.
  void add_routes(Config& config, Origins& origins) const;

  const std::vector<std::string>& errors() const { return errors_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::vector<std::string>& overridden() const { return overridden_; }

 private:
  struct NumericOrder {
    bool operator()(std::string_view a, std::string_view b) const {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    }
  };

  void warn_of(std::string_view name, std::string_view value);
  void note_overridden(const Origins& origins, std::string_view pointer, std::string_view name);
  void fail(std::string_view name, std::string_view value, const Error& error);

  std::map<std::string_view, std::string_view> values_;
  std::map<std::string_view, std::string_view, NumericOrder> urls_;  ///< by the N of the name
  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
  std::vector<std::string> overridden_;
};

/// The environment of this process.
std::vector<std::string_view> process_environment();

}  // namespace gateway
