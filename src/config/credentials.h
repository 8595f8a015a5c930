// SPDX-License-Identifier: MIT
//
// Credentials: what a configuration holds that people should not get to read.
//
// By name   a header field or key carries credentials when one of its words (letters between '-',
//           '_' and the like) is auth, authorization, cookie, token, secret, password, passwd,
//           credential(s) or apikey, or when it ends in the words api, access, auth, subscription
//           or account and key.
// Shown     -T, explain and the lines that errors show have "***" in the place of such a text;
//           a secret that is kept elsewhere is shown as where that is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "util/result.h"

namespace gateway {

inline constexpr std::string_view kHidden = "***";

/// `Authorization`, `X-Api-Key`, `redis_password`, in any letter case.
bool carries_credentials(std::string_view name);

/// The value of a header edit as people may see it: `{"file": …}`, `{"env": …}`, a text with its
/// ${VARIABLES} as it was written, "***", or else the value itself.
std::string shown_value(const HeaderField& field);

/// Refuses "***": it was printed in the place of a text, and nobody means it.
Status check_not_hidden(std::string_view text);

/// Bytes [begin, end) of a text.
struct Span {
  std::size_t begin, end;
};

/// Where a JSON text, be it broken, has string values of keys that carry credentials: what is
/// between their quotes, in order.
std::vector<Span> credential_spans(std::string_view text);

}  // namespace gateway
