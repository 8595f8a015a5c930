// SPDX-License-Identifier: MIT
#include "cli/subcommand_options.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cxxopts.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "config/values.h"
#include "process/commands.h"
#include "util/text.h"

namespace gateway::cli {
namespace {

using cxxopts::value;
using std::string;

/// How a subcommand finds the running gateway, and the help: the last of its options.
void add_runtime_and_help(cxxopts::Options& known) {
  known.add_options()                                                       //
      ("pid-file", "The pid file of the gateway", value<string>(), "FILE")  //
      ("runtime-dir", "Its runtime directory", value<string>(), "DIR")      //
      ("h,help", "Print this help and exit");
}

Result<Options> parse_example_service(int argc, const char* const* argv) {
  cxxopts::Options known("api-gateway example-service",
                         "A small service to try the gateway with\n");
  known.add_options()                                                                    //
      ("listen", "Where to listen, such as 127.0.0.1:8001", value<string>(), "ADDRESS")  //
      ("name", "What it calls itself in its answers", value<string>(), "NAME")           //
      ("h,help", "Print this help and exit");
  const auto parsed = known.parse(argc, argv);
  if (Status status = no_arguments_left(parsed); !status) return std::move(status).error();
  if (parsed.count("help") > 0) return print(known.help());
  for (const char* name : {"listen", "name"}) {
    if (parsed.count(name) == 0) return Error{"example-service needs --" + string(name)};
  }
  auto listen = Address::parse(parsed["listen"].as<string>());
  if (!listen) return std::move(listen).error().in("--listen");
  Options options;
  options.mode = Mode::ExampleService;
  options.listen = *listen;
  options.name = parsed["name"].as<string>();
  return options;
}

Result<Options> parse_healthcheck(int argc, const char* const* argv) {
  cxxopts::Options known("api-gateway healthcheck",
                         "Ask the gateway on its first listener whether it is healthy; the exit\n"
                         "status is 0 when it is\n");
  known.add_options()("c,config", "Configuration file", value<string>(), "FILE");
  add_runtime_and_help(known);
  const auto parsed = known.parse(argc, argv);
  if (Status status = no_arguments_left(parsed); !status) return std::move(status).error();
  if (parsed.count("help") > 0) return print(known.help());
  Options options;
  options.mode = Mode::Healthcheck;
  options.runtime = runtime_options(parsed);
  if (parsed.count("config") > 0) options.config = parsed["config"].as<string>();
  return options;
}

constexpr std::array<std::string_view, kCommands.size()> kPurposes{
    "Reload the configuration of the running gateway, and tell what changed\nor what is wrong",
    "Have the running gateway open its log files anew",
    "Put the program that is installed now in the place of the running one; no\n"
    "connection is refused and no request lost",
    "Stop the running gateway gracefully, and wait for its end",
    "Stop the running gateway at once",
    "Tell how the running gateway is"};

Result<Options> parse_control(int argc, const char* const* argv, const CommandMeaning& command) {
  const auto index = static_cast<std::size_t>(&command - kCommands.data());
  cxxopts::Options known("api-gateway " + string(command.word), string(kPurposes[index]) + "\n");
  known.add_options()("json", "Print the answer as JSON");
  add_runtime_and_help(known);
  const auto parsed = known.parse(argc, argv);
  if (Status status = no_arguments_left(parsed); !status) return std::move(status).error();
  if (parsed.count("help") > 0) return print(known.help());
  Options options;
  options.mode = Mode::Control;
  options.command = command.command;
  options.as_json = parsed.count("json") > 0;
  options.runtime = runtime_options(parsed);
  return options;
}

Result<Milliseconds> interval_of(const string& text) {
  constexpr Milliseconds kLeast{100};
  constexpr Milliseconds kMost{3'600'000};
  const auto interval = parse_duration(text);
  if (interval && *interval >= kLeast && *interval <= kMost) return *interval;
  return Error{"--interval " + quoted(text) +
               ": expected a time from 100ms to 1h, such as 500ms or 2s"};
}

Result<Options> parse_top(int argc, const char* const* argv) {
  cxxopts::Options known("api-gateway top",
                         "Show what the running gateway does, live; q ends it\n");
  known.add_options()                                                                       //
      ("n,interval", "Time between two looks, 1s by default", value<string>(), "DURATION")  //
      ("once", "Look once, after one interval, and exit")                                   //
      ("json", "Print a line of JSON for each look");
  add_runtime_and_help(known);
  const auto parsed = known.parse(argc, argv);
  if (Status status = no_arguments_left(parsed); !status) return std::move(status).error();
  if (parsed.count("help") > 0) return print(known.help());
  Options options;
  options.mode = Mode::Top;
  options.top.runtime = runtime_options(parsed);
  options.top.is_once = parsed.count("once") > 0;
  options.top.is_json = parsed.count("json") > 0;
  if (parsed.count("interval") == 0) return options;
  const auto interval = interval_of(parsed["interval"].as<string>());
  if (!interval) return interval.error();
  options.top.interval = *interval;
  return options;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<explain::Field> field_of(const string& text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == string::npos || has_control(text)) {
    return Error{"-H " + quoted(text) + ": expected a header field such as \"Name: value\""};
  }
  return explain::Field{text.substr(0, colon), string(trim(text.substr(colon + 1)))};
}

Result<explain::Request> request_of(const std::vector<string>& words) {
  if (words.size() != 2) {
    return Error{"explain needs a method and a path or URL, such as GET /api/orders" +
                 (words.size() > 2 ? "; unexpected argument " + quoted(words[2]) : "")};
  }
  for (const string& word : words) {
    if (word.empty() || has_control(word)) {
      return Error{quoted(word) + ": expected a method and a path or URL"};
    }
  }
  return explain::Request{words[0], words[1], {}};
}

Result<Options> parse_explain(int argc, const char* const* argv) {
  cxxopts::Options known("api-gateway explain",
                         "Say what the gateway would do with a request, and why; the exit status\n"
                         "is 0 when it would not refuse it\n");
  known.custom_help("[OPTIONS] METHOD URL");
  known.add_options()                                                                  //
      ("c,config", "Configuration file", value<string>(), "FILE")                      //
      ("H,header", "A header field of the request; may be repeated", value<string>(),  //
       "FIELD")                                                                        //
      ("all", "Show every route and value")                                            //
      ("json", "Print JSON")                                                           //
      ("h,help", "Print this help and exit");
  const auto parsed = known.parse(argc, argv);
  if (parsed.count("help") > 0) return print(known.help());
  auto request = request_of(parsed.unmatched());
  if (!request) return std::move(request).error();
  // Not as a list: cxxopts would split the values at their commas.
  for (const auto& argument : parsed.arguments()) {
    if (argument.key() != "header") continue;
    auto field = field_of(argument.value());
    if (!field) return std::move(field).error();
    request->fields.push_back(*std::move(field));
  }
  Options options;
  options.mode = Mode::Explain;
  options.request = *std::move(request);
  if (parsed.count("all") > 0) options.style = ExplainStyle::All;
  if (parsed.count("json") > 0) options.style = ExplainStyle::Json;
  if (parsed.count("config") > 0) options.config = parsed["config"].as<string>();
  return options;
}

}  // namespace

Options print(string text) {
  Options options;
  options.mode = Mode::Print;
  options.text = std::move(text);
  return options;
}

Status no_arguments_left(const cxxopts::ParseResult& parsed) {
  if (parsed.unmatched().empty()) return ok();
  return Error{"unexpected argument " + quoted(parsed.unmatched().front())};
}

RuntimeOptions runtime_options(const cxxopts::ParseResult& parsed) {
  RuntimeOptions runtime;
  if (parsed.count("pid-file") > 0) runtime.pid_file = parsed["pid-file"].as<string>();
  if (parsed.count("runtime-dir") > 0)
    runtime.runtime_directory = parsed["runtime-dir"].as<string>();
  if (const char* given = std::getenv("RUNTIME_DIRECTORY")) runtime.given_directory = given;
  return runtime;
}

std::optional<Result<Options>> parse_subcommand(int argc, const char* const* argv) {
  const std::string_view word = argv[0];
  if (word == "example-service") return parse_example_service(argc, argv);
  if (word == "explain") return parse_explain(argc, argv);
  if (word == "healthcheck") return parse_healthcheck(argc, argv);
  if (word == "top") return parse_top(argc, argv);
  for (const CommandMeaning& row : kCommands) {
    if (word == row.word) return parse_control(argc, argv, row);
  }
  return std::nullopt;
}

}  // namespace gateway::cli
