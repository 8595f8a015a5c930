// SPDX-License-Identifier: MIT
//
// Loading of a text, as a file of the name gateway.json.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "config/load.h"

namespace gateway::test {

class Loading {
 public:
  explicit Loading(const std::string& text, const std::vector<std::string_view>& variables = {}) {
    std::string name = (std::filesystem::temp_directory_path() / "gateway-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    directory_ = name;
    std::ofstream(name + "/gateway.json") << text;
    result_ = load_config(name + "/gateway.json", variables);
  }
  ~Loading() { std::filesystem::remove_all(directory_); }
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;

  const LoadedConfig& operator*() const {
    if (!*result_) FAIL(result_->error().message);
    return **result_;
  }
  const LoadedConfig* operator->() const { return &**this; }

  std::string error() const {
    REQUIRE_FALSE(*result_);
    return local(result_->error().message);
  }

  /// What a run would print in the directory of the file.
  std::string local(std::string text) const {
    const std::string prefix = directory_.string() + "/";
    for (std::size_t at = 0; (at = text.find(prefix)) != std::string::npos;) {
      text.erase(at, prefix.size());
    }
    return text;
  }

 private:
  std::filesystem::path directory_;
  std::optional<Result<LoadedConfig>> result_;
};

}  // namespace gateway::test
