// SPDX-License-Identifier: MIT
//
// The files of a configuration: read, united with what they include, variables expanded.
//
// include   patterns against the directory of the file, each sorted; objects are united, arrays
//           appended; a value or a service that is in two files is a problem that names both.
// ${NAME}, ${NAME:-default} in strings, once all is parsed: a value cannot become structure.
//           $${ is a plain ${. A variable that is unset or empty takes the default.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/document.h"
#include "util/result.h"

namespace gateway {

/// What a regular file of at most `most` bytes holds.
Result<std::string> read_file(const std::string& path, std::size_t most);

/// The text of a regular file of at most kMaxDocumentBytes.
Result<SourcePtr> read_source(const std::string& path);

/// What a secret may be at most, in a file.
inline constexpr std::size_t kMaxSecretBytes = 64 << 10;

/// The line that a file holds, without the newline at its end. Errors do not show what it is.
Result<std::string> read_secret(const std::string& path);

/// Not empty, one line, no NUL.
Status check_secret(std::string_view text);

/// The value of an environment variable; empty when it is not set.
using VariableLookup = std::function<std::string_view(std::string_view name)>;

/// nullopt: nothing can be decoded, `problems` say why.
std::optional<Node> read_documents(const std::string& path, const VariableLookup& lookup,
                                   Problems& problems);

/// In all strings below `node`, whose JSON pointer is `pointer`.
void expand_variables(Node& node, const VariableLookup& lookup, const std::string& pointer,
                      Problems& problems);

/// Moves what `from` has into `into`.
void unite(Node& into, Node& from, const std::string& pointer, Problems& problems);

}  // namespace gateway
