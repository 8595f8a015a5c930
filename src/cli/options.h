// SPDX-License-Identifier: MIT
//
// The command line.
#pragma once

#include <string>

#include "cli/explain.h"
#include "cli/top.h"
#include "process/commands.h"
#include "process/runtime_paths.h"
#include "util/address.h"
#include "util/result.h"

namespace gateway::cli {

enum class Mode {
  Run,
  Print,   ///< help or version: `text`
  Schema,  ///< of the configuration file
  Test,
  Dump,     ///< the effective configuration
  Control,  ///< `command` for the running gateway
  Healthcheck,
  Explain,
  Top,
  ExampleService,
};

struct Options {
  Mode mode = Mode::Run;
  std::string text;          ///< of Print
  std::string config;        ///< the configuration file; empty: the default one, if there is one
  Command command{};         ///< of Control
  bool as_json = false;      ///< of Control
  RuntimeOptions runtime;    ///< of Run, Control and Healthcheck
  bool is_daemon = false;    ///< of Run
  TopOptions top;            ///< of Top
  Address listen;            ///< of ExampleService
  std::string name;          ///< of ExampleService
  explain::Request request;  ///< of Explain
  ExplainStyle style = ExplainStyle::Short;  ///< of Explain
};

/// An error is a mistake in usage.
Result<Options> parse_command_line(int argc, const char* const* argv);

}  // namespace gateway::cli
