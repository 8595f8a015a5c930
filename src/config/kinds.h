// SPDX-License-Identifier: MIT
//
// The kinds of values in a configuration file.
//
// A number or boolean may also be given as the text that a ${VARIABLE} left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.h"
#include "util/result.h"

namespace gateway::schema {

Kind<bool> boolean();

/// A whole number from `least` to `most`.
Kind<std::uint64_t> whole_number(std::uint64_t least, std::uint64_t most);

/// The same, or "off" (also "auto" and the like), which stands for `off_value`.
Kind<std::uint64_t> whole_number_or(std::string_view word, std::uint64_t word_value,
                                    std::uint64_t least, std::uint64_t most);

/// "30s"; "off" is kOff. `least`: the shortest one that makes sense.
Kind<Milliseconds> duration(Milliseconds least = Milliseconds(1));

/// "10MiB", or a bare number of bytes.
Kind<std::uint64_t> size(std::uint64_t least, std::uint64_t most);
/// The same from 1 on, and "off".
Kind<std::uint64_t> size_or_off();

Kind<LogLevel> log_level();

/// A string that is not empty and that `check` accepts; its error says what is expected.
using Check = Status (*)(std::string_view text);
Kind<std::string> text(Check check = nullptr);
Kind<std::string> any_text();
/// [a-z0-9_-]{1,63}
Kind<std::string> name();
/// "stdout", "stderr", "off" or a file, relative to the directory of the document.
Kind<std::string> log_output();

/// A text, or where it is kept: {"file": PATH} or {"env": NAME}. `check` judges the text, and its
/// errors do not repeat it.
Kind<Secret> secret(Check check = nullptr);
/// `shown`: what people may see of a text that stands in the file.
Json dump_secret(const Secret& secret, const std::string& shown);

/// A kind for another integer type; bounds are those of `kind`.
template <class N>
Kind<N> as(Kind<std::uint64_t> kind) {
  return {[kind](Decoder& decoder, const Node& node, N& target) {
            auto value = static_cast<std::uint64_t>(target);
            kind.decode(decoder, node, value);
            target = static_cast<N>(value);
          },
          [kind](const N& value) { return kind.dump(static_cast<std::uint64_t>(value)); },
          kind.schema};
}

/// A text for a configuration file, where ${ begins a variable.
Json literal(std::string_view text);

/// The path in a node against the directory of the file that it stands in; absolute.
std::string resolve_path(const Node& node);

}  // namespace gateway::schema
