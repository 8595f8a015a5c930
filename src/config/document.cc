// SPDX-License-Identifier: MIT
#include "config/document.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "util/text.h"

namespace gateway {
namespace {

using Json = nlohmann::json;

/// Counts what the parser has taken: nlohmann reports no positions.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* consumed) : at_(at), consumed_(consumed) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    at_++;
    ++*consumed_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ != b.at_;
  }

 private:
  const char* at_;
  std::size_t* consumed_;
};

/// The first byte from `at` on that is neither blank nor comment nor ',' or ':'.
std::size_t next_token(std::string_view text, std::size_t at) {
  constexpr std::string_view kBetween = " \t\r\n,:";
  while ((at = std::min(text.find_first_not_of(kBetween, at), text.size())) < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("//")) {
      at = std::min(text.find_first_of("\r\n", at), text.size());
    } else if (rest.starts_with("/*")) {
      const std::size_t end = text.find("*/", at + 2);
      if (end == std::string_view::npos) return text.size();
      at = end + 2;
    } else {
      break;
    }
  }
  return at;
}

bool is_number_byte(char c) {
  return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// nlohmann's sentence without its own prefix and position, and without what it last read.
std::string reason_of(std::string_view what) {
  const std::size_t column = what.find("column ");
  const std::size_t colon = column == std::string_view::npos ? column : what.find(": ", column);
  if (colon != std::string_view::npos) what.remove_prefix(colon + 2);
  if (what.starts_with("[json")) what.remove_prefix(std::min(what.find("] "), what.size() - 2) + 2);
  std::string reason(what);
  if (const std::size_t last = reason.find("; last read: '"); last != std::string::npos) {
    const std::size_t expected = reason.rfind("; expected ");
    const bool has_expected = expected != std::string::npos && expected > last;
    reason = reason.substr(0, last) + (has_expected ? reason.substr(expected) : "");
  }
  return reason;
}

// The functions that nlohmann's parser calls; their names and signatures are its own.
class TreeBuilder {
 public:
  TreeBuilder(SourcePtr source, Problems& problems)
      : source_(std::move(source)), problems_(problems), text_(source_->text()) {}

  std::size_t* consumed() { return &consumed_; }
  Node take() { return std::move(root_); }

  bool null() { return scalar(Node::Kind::Null); }
  bool boolean(bool) { return scalar(Node::Kind::Boolean); }
  bool number_integer(std::int64_t) { return number(); }
  bool number_unsigned(std::uint64_t) { return number(); }
  bool number_float(double, const std::string&) { return number(); }
  bool binary(Json::binary_t&) { return false; }  // not in JSON text

  bool string(std::string& value) {
    const std::size_t begin = next_token(text_, last_end_);
    last_end_ = consumed_;
    if (value.find('\0') != std::string::npos) {
      problems_.add(Place{source_, begin}, "", "a string cannot hold \\u0000");
    }
    return add(Node::Kind::String, begin, std::move(value));
  }

  bool key(std::string& value) {
    const std::size_t begin = next_token(text_, last_end_);
    last_end_ = consumed_;
    key_place_ = {source_, begin};
    const auto [first, is_new] = open_.back().keys.emplace(value, begin);
    is_duplicate_ = !is_new;
    if (is_duplicate_) {
      const auto [line, column] = source_->locate(first->second);
      problems_.add(key_place_, pointer() + pointer_step(value),
                    "duplicate key, the first is in line " + std::to_string(line) + " column " +
                        std::to_string(column));
    }
    key_ = std::move(value);
    return true;
  }

  bool start_object(std::size_t) { return open(Node::Kind::Object); }
  bool start_array(std::size_t) { return open(Node::Kind::Array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool parse_error(std::size_t, const std::string&, const Json::exception& error) {
    std::string reason = reason_of(error.what());
    const bool is_token_wrong = reason.find("unexpected ") != std::string::npos;
    std::size_t at = next_token(text_, last_end_);
    // What the lexer cannot read it has read up to the wrong byte.
    if (!is_token_wrong && consumed_ > 0) at = std::max(at, consumed_ - 1);
    problems_.add(Place{source_, std::min(at, text_.size())}, "", reason.append(hint(at)));
    return false;
  }

 private:
  struct Open {
    Node node;
    std::unordered_map<std::string, std::size_t> keys;
    bool is_dropped = false;
  };

  bool scalar(Node::Kind kind) {
    const std::size_t begin = next_token(text_, last_end_);
    last_end_ = consumed_;
    return add(kind, begin, std::string(text_.substr(begin, last_end_ - begin)));
  }

  bool number() {
    // The parser may have read one byte behind it.
    const std::size_t begin = next_token(text_, last_end_);
    last_end_ = begin;
    while (last_end_ < text_.size() && is_number_byte(text_[last_end_])) last_end_++;
    return add(Node::Kind::Number, begin, std::string(text_.substr(begin, last_end_ - begin)));
  }

  Node make(Node::Kind kind, std::size_t begin) {
    Node node;
    node.kind = kind;
    node.place = {source_, begin};
    if (!open_.empty() && open_.back().node.kind == Node::Kind::Object) {
      node.key = std::move(key_);
      node.key_place = key_place_;
    }
    return node;
  }

  bool add(Node::Kind kind, std::size_t begin, std::string text) {
    Node node = make(kind, begin);
    node.text = std::move(text);
    return add(std::move(node), std::exchange(is_duplicate_, false));
  }

  bool add(Node node, bool is_dropped) {
    if (is_dropped) return true;
    (open_.empty() ? root_ : open_.back().node.children.emplace_back()) = std::move(node);
    return true;
  }

  bool open(Node::Kind kind) {
    const std::size_t begin = next_token(text_, last_end_);
    last_end_ = consumed_;
    if (open_.size() == kMaxDocumentDepth) {
      problems_.add(Place{source_, begin}, "",
                    "more than " + std::to_string(kMaxDocumentDepth) + " levels of nesting");
      return false;
    }
    Node node = make(kind, begin);
    open_.push_back({std::move(node), {}, std::exchange(is_duplicate_, false)});
    return true;
  }

  bool close() {
    last_end_ = consumed_;
    Open done = std::move(open_.back());
    open_.pop_back();
    return add(std::move(done.node), done.is_dropped);
  }

  std::string pointer() const {
    std::string path;
    for (std::size_t i = 1; i < open_.size(); i++) {
      const Node& parent = open_[i - 1].node;
      path += parent.kind == Node::Kind::Object ? pointer_step(open_[i].node.key)
                                                : "/" + std::to_string(parent.children.size());
    }
    return path;
  }

  /// What is usually meant when a token is wrong at `at`.
  std::string_view hint(std::size_t at) const {
    if (at >= text_.size()) return "";
    const bool is_closing = text_[at] == '}' || text_[at] == ']';
    const bool has_comma = text_.substr(last_end_, at - last_end_).find(',') != text_.npos;
    if (is_closing && has_comma) return " (the comma before it is one too many)";
    if (text_[at] == '"' && !has_comma && !open_.empty()) return " (is a comma missing?)";
    return "";
  }

  SourcePtr source_;
  Problems& problems_;
  std::string_view text_;
  std::size_t consumed_ = 0;
  std::size_t last_end_ = 0;  ///< one past the last token
  std::vector<Open> open_;
  std::string key_;
  Place key_place_;
  bool is_duplicate_ = false;
  Node root_;
};

}  // namespace

const Node* Node::find(std::string_view name) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const Node& child) { return child.key == name; });
  return kind == Kind::Object && found != children.end() ? &*found : nullptr;
}

Node* Node::find(std::string_view name) {
  return const_cast<Node*>(std::as_const(*this).find(name));
}

std::string_view Node::kind_name() const {
  switch (kind) {
    case Kind::Null: return "null";
    case Kind::Boolean: return "a boolean";
    case Kind::Number: return "a number";
    case Kind::String: return "a string";
    case Kind::Array: return "an array";
    case Kind::Object: return "an object";
  }
  return "";
}

std::optional<Node> parse_document(const SourcePtr& source, Problems& problems) try {
  if (source->text().size() > kMaxDocumentBytes) {
    problems.add(Place{}, "", source->name() + ": larger than 4 MiB");
    return std::nullopt;
  }
  // The parser would take it for the end, and what follows would be ignored.
  if (const std::size_t nul = source->text().find('\0'); nul != std::string_view::npos) {
    problems.add(Place{source, nul}, "", "a NUL byte");
    return std::nullopt;
  }
  TreeBuilder builder(source, problems);
  const char* begin = source->text().data();
  const CountingIterator first(begin, builder.consumed());
  const CountingIterator last(begin + source->text().size(), builder.consumed());
  const bool is_whole = Json::sax_parse(first, last, &builder, Json::input_format_t::json,
                                        /*strict=*/true, /*ignore_comments=*/true);
  if (!is_whole) return std::nullopt;
  return builder.take();
} catch (const std::exception& error) {
  problems.add(Place{}, "", source->name() + ": " + error.what());
  return std::nullopt;
}

}  // namespace gateway
