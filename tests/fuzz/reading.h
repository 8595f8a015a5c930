// SPDX-License-Identifier: MIT
//
// A second reading of HTTP/1.1, made after the fact over all bytes of a connection. Shares no code
// with src/ and knows no tolerance: what it cannot read is malformed, and nothing behind it counts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fuzz {

inline std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

inline std::string trim(std::string text) {
  text.erase(0, text.find_first_not_of(" \t"));
  text.erase(text.find_last_not_of(" \t") + 1);
  return text;
}

inline bool is_token(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == text.npos;
}

inline bool is_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

struct Message {
  std::string method, target, version;  ///< of a request; a response has its request's method
  int status = 0;                       ///< of a response
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
  std::string body;
  std::vector<std::pair<std::string, std::string>> trailers;
  bool complete = false;  ///< to the end of its body
  bool until_close = false;

  std::string value_of(const std::string& name) const {
    for (const auto& [field, value] : fields) {
      if (field == name) return value;
    }
    return {};
  }
  long count(const std::string& name) const {
    return std::count_if(fields.begin(), fields.end(),
                         [&](const auto& field) { return field.first == name; });
  }
  /// Whether a comma-separated field has that element.
  bool lists(const std::string& name, const std::string& element) const {
    for (const auto& [field, value] : fields) {
      std::string rest = field == name ? lower(value) + ',' : "";
      while (!rest.empty()) {
        const auto comma = rest.find(',');
        if (trim(rest.substr(0, comma)) == element) return true;
        rest.erase(0, comma + 1);
      }
    }
    return false;
  }
};

struct Reading {
  std::vector<Message> messages;  ///< whose head is complete; the last one's body may not be
  bool malformed = false;         ///< what follows them has no meaning
  bool incomplete = false;        ///< the bytes end within a head
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  Reading requests() {
    while (!rest_.empty() && !reading_.malformed) {
      if (rest_.starts_with("\r\n")) rest_.remove_prefix(2);
      if (rest_.empty() || !read(&Reader::request_line, "")) break;
    }
    return std::move(reading_);
  }

  /// `methods` of the requests these answer, in order; the final answers only count.
  Reading responses(const std::vector<std::string>& methods, bool ended) {
    ended_ = ended;
    std::size_t answered = 0;
    while (!rest_.empty() && !reading_.malformed) {
      const std::string method = answered < methods.size() ? methods[answered] : "GET";
      if (!read(&Reader::status_line, method)) break;
      const int status = reading_.messages.back().status;
      if (status == 101) break;
      if (status >= 200) answered++;
    }
    return std::move(reading_);
  }

 private:
  using FirstLine = bool (Reader::*)(const std::string&, Message&);

  bool fail() {
    reading_.malformed = true;
    return false;
  }

  /// One message; false when the bytes end or have no meaning.
  bool read(FirstLine first_line, const std::string& method) {
    const auto end = rest_.find("\r\n\r\n");
    if (end == rest_.npos) {
      reading_.incomplete = true;
      return false;
    }
    std::string head(rest_.substr(0, end + 2));
    rest_.remove_prefix(end + 4);
    Message message;
    bool is_first = true;
    while (!head.empty()) {
      const std::string line = head.substr(0, head.find("\r\n"));
      head.erase(0, line.size() + 2);
      if (line.find_first_of(std::string("\r\n\0\x7f", 4)) != line.npos) return fail();
      if (!(is_first ? (this->*first_line)(line, message) : field(line, message))) return fail();
      is_first = false;
    }
    if (message.method.empty()) message.method = method;
    reading_.messages.push_back(message);
    return body(reading_.messages.back());
  }

  bool request_line(const std::string& line, Message& message) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == line.npos || last <= first + 1) return false;
    message.method = line.substr(0, first);
    message.target = line.substr(first + 1, last - first - 1);
    message.version = line.substr(last + 1);
    const bool visible = std::all_of(message.target.begin(), message.target.end(),
                                     [](char c) { return c > ' ' && c < '\x7f'; });
    return is_token(message.method) && visible &&
           (message.version == "HTTP/1.1" || message.version == "HTTP/1.0");
  }

  bool status_line(const std::string& line, Message& message) {
    if (!line.starts_with("HTTP/1.1 ") || line.size() < 13 || line[12] != ' ') return false;
    const std::string digits = line.substr(9, 3);
    if (digits.find_first_not_of("0123456789") != digits.npos) return false;
    message.status = std::stoi(digits);
    return message.status >= 100 && message.status < 600 && is_text(line);
  }

  bool field(const std::string& line, Message& message) {
    const auto colon = line.find(':');
    if (colon == line.npos) return false;
    const std::string name = line.substr(0, colon);
    const std::string value = line.substr(colon + 1);
    message.fields.emplace_back(lower(name), trim(value));
    return is_token(name) && is_text(value);
  }

  bool body(Message& message) {
    const long lengths = message.count("content-length");
    const long codings = message.count("transfer-encoding");
    if (lengths + codings > 1) return fail();
    const bool is_response = message.status != 0;
    const bool has_none = is_response && (message.method == "HEAD" || message.status < 200 ||
                                          message.status == 204 || message.status == 304);
    if (has_none || (!is_response && lengths + codings == 0)) {
      message.complete = true;
      return true;
    }
    if (codings > 0) {
      return lower(message.value_of("transfer-encoding")) == "chunked" ? chunks(message) : fail();
    }
    if (lengths == 0) {
      message.until_close = true;
      message.body = rest_;
      message.complete = ended_;
      rest_ = {};
      return false;
    }
    const std::string digits = message.value_of("content-length");
    if (digits.empty() || digits.size() > 18 ||
        digits.find_first_not_of("0123456789") != digits.npos) {
      return fail();
    }
    return take(std::stoull(digits), message);
  }

  bool take(std::uint64_t size, Message& message) {
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(size, rest_.size()));
    message.body += rest_.substr(0, taken);
    rest_.remove_prefix(taken);
    message.complete = taken == size;
    return message.complete;
  }

  bool chunks(Message& message) {
    for (;;) {
      std::string line;
      if (!take_line(line)) return false;
      std::uint64_t size = 0;
      if (!chunk_size(line, size)) return fail();
      if (size == 0) break;
      if (!take(size, message)) return false;
      message.complete = false;
      if (rest_.size() >= 2 ? !rest_.starts_with("\r\n")
                            : !std::string_view("\r").starts_with(rest_))
        return fail();
      if (rest_.size() < 2) return false;
      rest_.remove_prefix(2);
    }
    for (;;) {
      std::string line;
      if (!take_line(line)) return false;
      if (line.empty()) break;
      Message trailer;
      if (!field(line, trailer)) return fail();
      message.trailers.push_back(trailer.fields.front());
    }
    message.complete = true;
    return true;
  }

  static bool chunk_size(const std::string& line, std::uint64_t& size) {
    const auto end = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
    std::string digits = line.substr(0, end);
    if (digits.empty() || digits.size() > 32) return false;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.size() > 15) return false;
    size = digits.empty() ? 0 : std::stoull(digits, nullptr, 16);
    std::string rest = line.substr(end);
    while (!rest.empty()) {
      if (!extension(rest)) return false;
    }
    return true;
  }

  /// Takes one extension off the beginning.
  static bool extension(std::string& rest) {
    const auto skip_blanks = [&] {
      rest.erase(0, std::min(rest.find_first_not_of(" \t"), rest.size()));
    };
    const auto skip_token = [&] {
      std::size_t length = 0;
      while (length < rest.size() && is_token(rest.substr(length, 1))) length++;
      rest.erase(0, length);
      return length > 0;
    };
    skip_blanks();
    if (!rest.starts_with(';')) return false;
    rest.erase(0, 1);
    skip_blanks();
    if (!skip_token()) return false;
    const std::string behind_name = rest;
    skip_blanks();
    if (!rest.starts_with('=')) {
      rest = behind_name;
      return true;
    }
    rest.erase(0, 1);
    skip_blanks();
    if (!rest.starts_with('"')) return skip_token();
    std::size_t at = 1;
    while (at < rest.size() && rest[at] != '"') at += rest[at] == '\\' ? 2 : 1;
    if (at >= rest.size()) return false;
    rest.erase(0, at + 1);
    return true;
  }

  /// The next line without CRLF; false when it has not ended, or has a byte no line has.
  bool take_line(std::string& line) {
    const auto end = rest_.find("\r\n");
    line = rest_.substr(0, end);
    if (end == rest_.npos && line.ends_with('\r')) line.pop_back();
    if (!is_text(line)) return fail();
    if (end == rest_.npos) return false;
    rest_.remove_prefix(end + 2);
    return true;
  }

  std::string_view rest_;
  bool ended_ = false;
  Reading reading_;
};

}  // namespace fuzz
