// SPDX-License-Identifier: MIT
//
// A directory of configuration files, and what loading one of them says.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "config/load.h"

namespace gateway {

using Variables = std::vector<std::string_view>;

/// A directory of configuration files, gone at the end.
class Files {
 public:
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "gateway-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    directory_ = name;
  }
  ~Files() { std::filesystem::remove_all(directory_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name) << text;
  }

  Result<LoadedConfig> load(const std::string& text, const Variables& variables = {}) const {
    write("gateway.json", text);
    return load_config(path("gateway.json"), variables);
  }

  /// The problems, without the directory.
  std::string error(const std::string& text, const Variables& variables = {}) const {
    const auto loaded = load(text, variables);
    REQUIRE_FALSE(loaded);
    std::string message = loaded.error().message;
    const std::string prefix = directory_.string() + "/";
    for (std::size_t at = 0; (at = message.find(prefix)) != std::string::npos;) {
      message.erase(at, prefix.size());
    }
    return message;
  }

 private:
  std::filesystem::path directory_;
};

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace gateway
