// SPDX-License-Identifier: MIT
#include "config/credentials.h"

#include <algorithm>
#include <array>
#include <utility>

#include "util/json_escape.h"
#include "util/text.h"

namespace gateway {
namespace {

constexpr std::array<std::string_view, 10> kWords{
    "auth",     "authorization", "cookie",     "token",       "secret",
    "password", "passwd",        "credential", "credentials", "apikey"};

/// What kind of key is one to keep, when the last word is "key".
constexpr std::array<std::string_view, 5> kKeys{"api", "access", "auth", "subscription", "account"};

bool is_one_of(std::string_view word, const auto& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view each) { return equals_ignore_case(word, each); });
}

std::string_view without_prefix_letters(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
  return text.substr(static_cast<std::size_t>(end - text.begin()));
}

/// Whether a text with variables says nothing by itself: "${TOKEN}", "Bearer ${TOKEN}".
bool is_only_reference(std::string_view written) {
  std::string_view rest = without_prefix_letters(written);
  if (rest.size() < written.size() && rest.starts_with(' ')) rest.remove_prefix(1);
  return rest.starts_with("${") && rest.find('}') == rest.size() - 1 &&
         rest.find(":-") == std::string_view::npos;
}

/// Reads JSON tokens as far as strings and colons go.
class StringReader {
 public:
  explicit StringReader(std::string_view text) : text_(text) {}

  /// To the next byte that is neither blank nor comment; false at the end.
  bool skip_blanks() {
    while (at_ < text_.size()) {
      if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
        at_++;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "/*") {
        const std::size_t end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return true;
      }
    }
    return false;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip() { at_++; }

  /// At a '"': what is between it and its end, which is no later than that of the line.
  Span take_string() {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') {
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    at_ = std::min(at_, text_.size());
    const std::size_t end = at_;
    if (peek() == '"') at_++;
    return {begin, end};
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool carries_credentials(std::string_view name) {
  std::string_view before;
  while (!name.empty()) {
    const std::string_view rest = without_prefix_letters(name);
    const std::string_view word = name.substr(0, name.size() - rest.size());
    if (is_one_of(word, kWords)) return true;
    if (rest.empty() && equals_ignore_case(word, "key") && is_one_of(before, kKeys)) return true;
    if (!word.empty()) before = word;
    name = rest.substr(std::min<std::size_t>(rest.size(), 1));
  }
  return false;
}

std::string shown_value(const HeaderField& field) {
  const Secret& secret = field.value;
  std::string shown;
  if (!secret.file.empty() || !secret.variable.empty()) {
    const bool is_file = !secret.file.empty();
    shown = is_file ? "{\"file\": " : "{\"env\": ";
    append_json_string(shown, is_file ? secret.file : secret.variable);
    return shown.append("}");
  }
  const bool is_written = !secret.written.empty();
  if (carries_credentials(field.name) && !(is_written && is_only_reference(secret.written))) {
    return std::string(kHidden);
  }
  return is_written ? secret.written : secret.text;
}

Status check_not_hidden(std::string_view text) {
  if (text != kHidden) return ok();
  return Error{"\"***\" is what -T shows in the place of a secret: put the secret back"};
}

std::vector<Span> credential_spans(std::string_view text) {
  std::vector<Span> spans;
  StringReader reader(text);
  bool is_hidden = false;  // the next string, when it is a value
  while (reader.skip_blanks()) {
    if (reader.peek() != '"') {
      is_hidden = false;
      reader.skip();
      continue;
    }
    const Span string = reader.take_string();
    if (std::exchange(is_hidden, false)) {
      spans.push_back(string);
    } else if (reader.skip_blanks() && reader.peek() == ':') {
      reader.skip();
      is_hidden = carries_credentials(text.substr(string.begin, string.end - string.begin));
    }
  }
  return spans;
}

}  // namespace gateway
