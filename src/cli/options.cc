// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include <array>
#include <cxxopts.hpp>
#include <exception>
#include <string_view>
#include <utility>

#include "cli/subcommand_options.h"
#include "config/load.h"
#include "process/commands.h"
#include "util/text.h"

namespace gateway::cli {
namespace {

using cxxopts::value;
using std::string;

Result<Command> signal_command(std::string_view word) {
  for (const CommandMeaning& row : kCommands) {
    const bool is_signal = row.command != Command::ShowStatus && row.command != Command::Upgrade;
    if (row.word == word && is_signal) return row.command;
  }
  return Error{"-s " + quoted(word) + ": expected reload, reopen, quit or stop"};
}

cxxopts::Options gateway_options() {
  cxxopts::Options options("api-gateway", "HTTP API gateway\n");
  options.custom_help(
      "[OPTIONS]\n"
      "  api-gateway reload\n"
      "  api-gateway reopen\n"
      "  api-gateway upgrade\n"
      "  api-gateway quit\n"
      "  api-gateway stop\n"
      "  api-gateway status [--json]\n"
      "  api-gateway top [--once] [--json]\n"
      "  api-gateway explain METHOD URL\n"
      "  api-gateway healthcheck\n"
      "  api-gateway example-service --listen ADDRESS --name NAME\n\n"
      "Without a command it runs the gateway in the foreground. The configuration comes from\n"
      "a file and environment variables: see api-gateway.json(5) and api-gateway(8). Without\n"
      "-c it is " +
      string(kDefaultConfigFile) + ", if that exists.\n");
  options.add_options()                                                                    //
      ("c,config", "Configuration file", value<string>(), "FILE")                          //
      ("t,test", "Test the configuration and exit")                                        //
      ("T,dump-config", "Print the effective configuration and exit")                      //
      ("schema", "Print a JSON Schema of the configuration file and exit")                 //
      ("s,signal", "Tell the running gateway: reload, reopen, quit, stop",                 //
       value<string>(), "COMMAND")                                                         //
      ("pid-file", "Where the master's pid is kept", value<string>(), "FILE")              //
      ("runtime-dir", "Directory of pid file and control socket", value<string>(), "DIR")  //
      ("daemon", "Go into the background once the gateway is ready")                       //
      ("V,version", "Print the version and exit")                                          //
      ("h,help", "Print this help and exit");
  return options;
}

struct ModeOption {
  const char* name;
  const char* shown;
  Mode mode;
};

/// What the program does instead of running the gateway.
constexpr std::array kModeOptions{
    ModeOption{"test", "-t", Mode::Test}, ModeOption{"dump-config", "-T", Mode::Dump},
    ModeOption{"schema", "--schema", Mode::Schema}, ModeOption{"signal", "-s", Mode::Control}};

Error exclusive(const char* a, const char* b) {
  return Error{string(a) + " and " + b + " exclude each other"};
}

Result<Options> parse_gateway(int argc, const char* const* argv) {
  auto known = gateway_options();
  const auto parsed = known.parse(argc, argv);
  if (Status status = no_arguments_left(parsed); !status) return std::move(status).error();
  if (parsed.count("help") > 0) return print(known.help());
  if (parsed.count("version") > 0) return print("api-gateway " GATEWAY_VERSION "\n");

  Options options;
  options.runtime = runtime_options(parsed);
  if (parsed.count("config") > 0) {
    options.config = parsed["config"].as<string>();
    if (options.config.empty()) return Error{"-c needs the name of a file"};
  }
  const char* given_mode = nullptr;
  for (const ModeOption& option : kModeOptions) {
    if (parsed.count(option.name) == 0) continue;
    if (given_mode != nullptr) return exclusive(given_mode, option.shown);
    given_mode = option.shown;
    options.mode = option.mode;
  }
  options.is_daemon = parsed.count("daemon") > 0;
  if (options.is_daemon && options.mode != Mode::Run) return exclusive(given_mode, "--daemon");
  if (options.mode != Mode::Control) return options;
  const auto command = signal_command(parsed["signal"].as<string>());
  if (!command) return command.error();
  options.command = *command;
  return options;
}

}  // namespace

Result<Options> parse_command_line(int argc, const char* const* argv) try {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (!command.empty()) {
    if (auto options = parse_subcommand(argc - 1, argv + 1)) return *std::move(options);
    if (!command.starts_with('-')) {
      return Error{
          "unknown command " + quoted(command) +
          "; expected reload, reopen, upgrade, quit, stop, status, top, explain, healthcheck "
          "or example-service, or options only"};
    }
  }
  return parse_gateway(argc, argv);
} catch (const std::exception& error) {
  return Error{error.what()};
}

}  // namespace gateway::cli
