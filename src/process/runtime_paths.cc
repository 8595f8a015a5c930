// SPDX-License-Identifier: MIT
#include "process/runtime_paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "util/text.h"

#ifndef GATEWAY_RUNSTATEDIR
#define GATEWAY_RUNSTATEDIR "/run"
#endif

namespace gateway {
namespace {

std::string runtime_directory(const RuntimeOptions& options) {
  if (!options.runtime_directory.empty()) return options.runtime_directory;
  // systemd lists several with colons between.
  if (!options.given_directory.empty()) return std::string(split(options.given_directory, ':')[0]);
  return GATEWAY_RUNSTATEDIR "/api-gateway";
}

// Who is told the name may be in another directory, and a socket has to have such a one.
std::string absolute(const std::string& path) {
  std::error_code error;  // a working directory that is gone: as good as it gets
  const auto whole = std::filesystem::absolute(path, error);
  return error ? path : whole.string();
}

// 0, or the errno value that says why no file can be made in it.
int directory_error(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return errno;
  if (!S_ISDIR(info.st_mode)) return ENOTDIR;
  return access(path.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
}

}  // namespace

std::string pid_file_path(const RuntimeOptions& options) {
  if (!options.pid_file.empty()) return absolute(options.pid_file);
  return absolute(runtime_directory(options) + "/api-gateway.pid");
}

std::string in_runtime_directory(const RuntimeOptions& options, const std::string& name) {
  return name.starts_with('/') ? name : absolute(runtime_directory(options) + "/" + name);
}

Result<std::string> writable_pid_file_path(const RuntimeOptions& options) {
  if (!options.pid_file.empty()) return pid_file_path(options);
  const std::string directory = runtime_directory(options);
  const int error = directory_error(directory);
  if (error == 0) return pid_file_path(options);
  if (options.runtime_directory.empty()) return std::string();
  return Error{"cannot use the runtime directory " + directory + ": " + errno_text(error)};
}

std::string control_socket_path(const std::string& pid_file) {
  constexpr std::string_view kEnding = ".pid";
  std::string path = pid_file;
  if (path.ends_with(kEnding)) path.resize(path.size() - kEnding.size());
  return path += ".sock";
}

}  // namespace gateway
