// SPDX-License-Identifier: MIT
#include "observe/secret_mask.h"

#include <algorithm>
#include <array>
#include <optional>

namespace gateway {
namespace {

constexpr std::string_view kMask = "***";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct Byte {
  char value;
  std::size_t size;  ///< as it was written: 1 or 3
};

// The byte at `at` with its percent-encoding removed; a '%' that is none stands for itself.
Byte byte_at(std::string_view text, std::size_t at) {
  if (text[at] != '%' || text.size() - at < 3) return {text[at], 1};
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  if (high < 0 || low < 0) return {text[at], 1};
  return {static_cast<char>(high * 16 + low), 3};
}

// Behind which a name begins, and what may be one of them encoded.
constexpr auto kEndsValue = [] {
  std::array<bool, 256> ends{};
  for (const unsigned char c : {'?', '&', ';', '#', '%'}) ends[c] = true;
  return ends;
}();

// Collects what goes into the log, up to a bound.
class Sink {
 public:
  Sink(std::string& out, std::size_t max) : out_(out), limit_(out.size() + max) {}

  void put(std::string_view text) { out_.append(text.substr(0, limit_ - out_.size())); }
  bool is_full() const { return out_.size() == limit_; }

 private:
  std::string& out_;
  std::size_t limit_;
};

// How a byte of a name is compared; 0: not at all. Punctuation and blanks differ between the
// spellings of one name, and services drop them.
constexpr auto kFolded = [] {
  std::array<char, 256> folded{};
  for (char c = '0'; c <= '9'; c++) folded[static_cast<unsigned char>(c)] = c;
  for (char c = 'a'; c <= 'z'; c++) {
    folded[static_cast<unsigned char>(c)] = c;
    folded[static_cast<unsigned char>(c - 'a' + 'A')] = c;
  }
  for (unsigned byte = 0x80; byte <= 0xff; byte++) folded[byte] = static_cast<char>(byte);
  return folded;
}();

// A name as it is compared.
class Name {
 public:
  void add(char c) {
    const char folded = kFolded[static_cast<unsigned char>(c)];
    if (folded != 0 && size_ < text_.size()) text_[size_++] = folded;
  }
  void clear() { size_ = 0; }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 64> text_;  // one more than a name of the list may have: no longer one is there
  std::size_t size_ = 0;
};

bool is_scheme_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '-' || c == '.';
}

// Where user and host of a URL begin: behind "https://", as lenient as browsers are, or "//".
std::optional<std::size_t> authority_of(std::string_view url) {
  std::size_t at = 0;
  while (at < url.size() && is_scheme_byte(url[at])) at++;
  const bool has_scheme = at < url.size() && url[at] == ':';
  if (!has_scheme && !url.starts_with("//")) return std::nullopt;
  if (has_scheme) at++;
  while (at < url.size() && (url[at] == '/' || url[at] == '\\')) at++;
  return at;
}

}  // namespace

SecretMask::SecretMask(std::span<const std::string> names) {
  for (const std::string& text : names) {
    Name name;
    for (const char c : text) name.add(c);
    if (name.view().empty()) continue;
    names_.emplace_back(name.view());
  }
  std::sort(names_.begin(), names_.end(),
            [](const auto& a, const auto& b) { return hash(a) < hash(b); });
  for (std::size_t i = 0; i < kHashes; i++) {
    const auto begins = [i](const std::string& name) { return hash(name) > i; };
    first_[i + 1] = static_cast<std::uint16_t>(std::find_if(names_.begin(), names_.end(), begins) -
                                               names_.begin());
  }
}

std::size_t SecretMask::hash(std::string_view name) {
  const auto byte = [&](std::size_t at) -> unsigned {
    return static_cast<unsigned char>(name[at]);
  };
  return (byte(0) + 7 * byte(name.size() / 2) + 31 * byte(name.size() - 1)) % kHashes;
}

bool SecretMask::is_secret(std::string_view name) const {
  if (name.empty()) return false;
  const std::size_t at = hash(name);
  return std::find(names_.begin() + first_[at], names_.begin() + first_[at + 1], name) !=
         names_.begin() + first_[at + 1];
}

/// Reads a query byte by byte, and knows when the name of a secret has ended.
class SecretMask::Reader {
 public:
  explicit Reader(const SecretMask& mask) : mask_(mask) {}

  /// Whether a value comes next whose bytes mean nothing, but those of kEndsValue.
  bool is_in_value() const { return !in_name_; }
  /// Takes one byte, decoded; true for the '=' before the value of a secret.
  bool read(char byte) {
    switch (byte) {
      case '?':
      case '&':
      case ';':
      case '#': begin_name(); return false;
      case '[':
      case ']':
        is_secret_ |= in_name_ && mask_.is_secret(name_.view());
        name_.clear();
        return false;
      case '=': return end_name();
      default:
        if (in_name_) name_.add(byte);
        return false;
    }
  }

 private:
  void begin_name() {
    name_.clear();
    in_name_ = true;
    is_secret_ = false;
  }
  bool end_name() {
    if (!in_name_) return false;
    in_name_ = false;
    return is_secret_ || mask_.is_secret(name_.view());
  }

  const SecretMask& mask_;
  Name name_;
  bool in_name_ = true;
  bool is_secret_ = false;  ///< by a part of the name before a bracket
};

void SecretMask::append_query(std::string& out, std::string_view query, std::size_t max) const {
  Sink sink(out, max);
  if (names_.empty()) return sink.put(query);
  Reader reader(*this);
  std::size_t done = 0;  // what stands before is in `out`
  for (std::size_t at = 0; at < query.size() && !sink.is_full();) {
    if (reader.is_in_value() && !kEndsValue[static_cast<unsigned char>(query[at])]) {
      at++;
      continue;
    }
    const Byte byte = byte_at(query, at);
    at += byte.size;
    if (!reader.read(byte.value)) continue;
    const std::size_t end = std::min(query.find('&', at), query.size());
    sink.put(query.substr(done, at - done));
    if (end > at) sink.put(kMask);
    done = at = end;
  }
  sink.put(query.substr(done));
}

void SecretMask::append_url(std::string& out, std::string_view url, std::size_t max) const {
  const auto begin = authority_of(url);
  if (!begin) return append_query(out, url, max);
  const std::string_view authority =
      url.substr(*begin, url.find_first_of("/\\?#", *begin) - *begin);
  const std::size_t at = authority.rfind('@');
  if (at == authority.npos) return append_query(out, url, max);
  const std::size_t before = std::min(*begin, max);
  out.append(url.substr(0, before));
  append_query(out, url.substr(*begin + at + 1), max - before);
}

}  // namespace gateway
