// SPDX-License-Identifier: MIT
//
// Problems: everything that is wrong with a configuration, each with its place in a file.
//
// Source    one file and where its lines begin; Place a byte of it. Sources outlive their places.
// Text      gateway.json:31:52: /services/users/timeouts/conect: unknown key; did you mean
//           "connect"? -- then the line itself with a caret below the place.
// Columns   count characters (code points), from 1.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/credentials.h"

namespace gateway {

class Source {
 public:
  Source(std::string name, std::string text);

  struct LineColumn {
    std::size_t line, column;
  };

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }
  LineColumn locate(std::size_t offset) const;
  /// The line that holds the byte, without its end, as people may see it: with a '*' for each
  /// character of a credential.
  std::string shown_line_at(std::size_t offset) const;

 private:
  std::size_t line_index(std::size_t offset) const;

  std::string name_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
  std::vector<Span> hidden_;
};

using SourcePtr = std::shared_ptr<const Source>;

/// Nowhere when source is null.
struct Place {
  SourcePtr source;
  std::size_t offset = 0;

  std::string line_text() const;  ///< "gateway.json:31"
};

/// Where a value came from: a place in a file, or else an environment variable.
struct Origin {
  Place place;
  std::string variable;

  std::string text() const;
};

/// By JSON pointer. What is not there is built in, or inherited.
using Origins = std::map<std::string, Origin, std::less<>>;

class Problems {
 public:
  /// More than these are counted, not shown.
  static constexpr std::size_t kMostShown = 100;

  void add(Place place, std::string pointer, std::string message);
  /// A problem at a pointer: its place is that of the nearest ancestor that has one.
  void add(const Origins& origins, std::string pointer, std::string message);

  bool empty() const { return count_ == 0; }
  /// Whether another one would only be counted.
  bool is_full() const { return count_ >= kMostShown; }
  /// In the order of the files and lines; without an end of line after the last one.
  std::string text() const;

 private:
  struct Problem {
    Place place;
    std::string text;
  };

  std::vector<Problem> problems_;
  std::vector<std::string> file_order_;
  std::size_t count_ = 0;
};

/// One step of a JSON pointer (RFC 6901 §3), with its '/'.
std::string pointer_step(std::string_view key);

/// `; did you mean "x"?`, or nothing when no candidate is close.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace gateway
