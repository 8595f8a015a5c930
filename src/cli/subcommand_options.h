// SPDX-License-Identifier: MIT
//
// Options of the subcommands, and what they share with those of the gateway itself.
#pragma once

#include <optional>
#include <string>

#include "cli/options.h"

namespace cxxopts {
class ParseResult;
}  // namespace cxxopts

namespace gateway::cli {

/// `argv` begins with the subcommand; nullopt: that is none. Throws what cxxopts does.
std::optional<Result<Options>> parse_subcommand(int argc, const char* const* argv);

/// Nothing but this text is asked for.
Options print(std::string text);

/// cxxopts takes an argument that no option wants without complaint.
Status no_arguments_left(const cxxopts::ParseResult& parsed);

RuntimeOptions runtime_options(const cxxopts::ParseResult& parsed);

}  // namespace gateway::cli
