// SPDX-License-Identifier: MIT
#include "config/load.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "config/check.h"
#include "config/files.h"
#include "config/tables.h"
#include "config/validate.h"

namespace gateway {
namespace {

/// Also when nobody may look: reading it then says so.
bool exists(const std::string& file) {
  return access(file.c_str(), F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

class Loader {
 public:
  explicit Loader(std::span<const std::string_view> variables) : environment_(variables) {}

  Result<LoadedConfig> load(const std::string& file) {
    Node root;
    root.kind = Node::Kind::Object;
    if (!file.empty()) {
      auto read = read_documents(file, variables_, problems_);
      if (!read) return failed();
      root = *std::move(read);
    }
    decode(root);
    check(loaded_.config, loaded_.origins, problems_);
    if (const Status status = validate(loaded_.config); !status) {
      problems_.add(Place{}, "", status.error().message);
    }
    if (!problems_.empty() || !environment_.errors().empty()) return failed();
    loaded_.warnings = environment_.warnings();
    loaded_.overridden = environment_.overridden();
    if (loaded_.config.routes.empty()) {
      loaded_.warnings.push_back(
          "no service is configured, every path but the gateway's own is answered with 404; set "
          "SERVICE1_URL");
    }
    return std::move(loaded_);
  }

 private:
  /// Each part inherits from those before it, the environment's values among them.
  void decode(const Node& root) {
    Config& config = loaded_.config;
    schema::Decoder decoder(config, problems_, loaded_.origins, variables_);
    decoder.reject_unknown(root, schema::root_table().keys());
    schema::decode_rows(schema::settings_table(), decoder, root, config);
    environment_.apply_settings(config, loaded_.origins);
    schema::decode_rows(schema::services_table(), decoder, root, config);
    environment_.apply_services(config, loaded_.origins);
    schema::decode_rows(schema::routes_table(), decoder, root, config);
    environment_.add_routes(config, loaded_.origins);
    schema::decode_rows(schema::tests_table(), decoder, root, config);
  }

  Error failed() const {
    std::string text = problems_.text();
    for (const std::string& error : environment_.errors()) {
      text.append(text.empty() ? "" : "\n").append(error);
    }
    return Error{std::move(text)};
  }

  Environment environment_;
  const VariableLookup variables_ = [this](std::string_view name) {
    return environment_.value_of(name);
  };
  Problems problems_;
  LoadedConfig loaded_;
};

}  // namespace

Result<LoadedConfig> load_config(const std::string& file,
                                 std::span<const std::string_view> environment,
                                 const std::string& default_file) {
  return Loader(environment).load(file.empty() && exists(default_file) ? default_file : file);
}

std::string config_file(const std::string& file, const std::string& default_file) {
  const std::string& name = file.empty() && exists(default_file) ? default_file : file;
  if (name.empty()) return name;
  std::error_code error;  // a working directory that is gone: as good as it gets
  const auto whole = std::filesystem::absolute(name, error);
  // Links stay: who switches one goes on to mean the same.
  return error ? name : whole.lexically_normal().string();
}

Result<LoadedConfig> load_environment(std::span<const std::string_view> environment) {
  return Loader(environment).load("");
}

}  // namespace gateway
