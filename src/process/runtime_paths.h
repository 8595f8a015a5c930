// SPDX-License-Identifier: MIT
//
// Where a running gateway keeps its pid file, and its control socket beside it. All names that come
// out are absolute, those that go in may be relative to the working directory.
#pragma once

#include <string>

#include "util/result.h"

namespace gateway {

/// What was said about it; empty: nothing.
struct RuntimeOptions {
  std::string pid_file;           ///< --pid-file
  std::string runtime_directory;  ///< --runtime-dir
  std::string given_directory;    ///< RUNTIME_DIRECTORY, as a service manager sets it
};

/// Where the pid file of a gateway started with the same options is.
std::string pid_file_path(const RuntimeOptions& options);

/// Where to write it: empty when there is no usable runtime directory and none was asked for; an
/// error when the one that was asked for is not usable.
Result<std::string> writable_pid_file_path(const RuntimeOptions& options);

/// The control socket of who has this pid file: api-gateway.sock beside api-gateway.pid.
std::string control_socket_path(const std::string& pid_file);

/// Where a file that is named without a directory is.
std::string in_runtime_directory(const RuntimeOptions& options, const std::string& name);

}  // namespace gateway
