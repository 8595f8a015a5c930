// SPDX-License-Identifier: MIT
//
// SecretMask: takes the secrets out of a query or URL before it is kept for the log.
//
// Names    are told by their letters and digits alone, in any letter case and percent-encoded or
//          not, so that "api_key" also means "API-Key" and "%61piKey"; in "user[password]" either
//          part may be the name.
// Where    a name begins behind ? & ; and #, encoded or not: the query of a URL inside a query is
//          looked at too. The value ends at the next "&" or with the text, and becomes "***".
//          In doubt more is masked, never less. An empty value is no secret and stays.
// Costs    one pass over the text, no allocation but growth of `out`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

class SecretMask {
 public:
  /// Of query parameters; without any nothing is masked.
  explicit SecretMask(std::span<const std::string> names);

  /// Appends `query` (without its '?') to `out`, at most `max` bytes of it.
  void append_query(std::string& out, std::string_view query, std::size_t max) const;
  /// The same for a URL or a path with a query; a user and password before the host are left out,
  /// whatever the names are.
  void append_url(std::string& out, std::string_view url, std::size_t max) const;

 private:
  class Reader;

  static std::size_t hash(std::string_view name);
  bool is_secret(std::string_view name) const;

  static constexpr std::size_t kHashes = 256;

  std::vector<std::string> names_;                  ///< by their hash
  std::array<std::uint16_t, kHashes + 1> first_{};  ///< index of the first name with this hash
};

}  // namespace gateway
