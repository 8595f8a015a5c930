// SPDX-License-Identifier: MIT
//
// Effective: a configuration as it is in effect, value by value, and where each was written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "config/environment.h"

namespace gateway {

class Effective {
 public:
  using Json = nlohmann::ordered_json;

  /// `loaded` outlives it.
  explicit Effective(const LoadedConfig& loaded);

  /// All of it, with the keys of the file; what a value shows is fit for people.
  const Json& root() const { return root_; }

  struct Writing {
    std::string text;     ///< "gateway.json:12", "environment NAME" or "built-in"
    std::string pointer;  ///< of the key that says so: another one than asked for if inherited
  };
  /// Of the value at this JSON pointer, be it written at a level that this one inherits from.
  Writing written_at(const std::string& pointer) const;

  /// What is shown as one value: a scalar, a list of scalars, something empty.
  static bool is_value(const Json& json);

 private:
  std::string inherited_from(const std::string& pointer) const;

  const Origins& origins_;
  const Json root_;
};

}  // namespace gateway
