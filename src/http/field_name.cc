// SPDX-License-Identifier: MIT
#include "http/field_name.h"

#include <cstdint>
#include <cstring>
#include <string>

namespace gateway::http {
namespace {

template <class Word>
Word load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

template <class Word>
bool word_is(const char* token, const char* lower) {
  Word mask;
  std::memset(&mask, 0x20, sizeof mask);
  return (load<Word>(token) | mask) == load<Word>(lower);
}

// Compares a token with a lower-case name of letters and '-' by overlapping words instead of a
// byte loop: this runs for most fields of every message. Setting bit 5 maps only letters onto
// lower-case letters, and no other token byte onto '-'.
bool is(std::string_view token, std::string_view lower) {
  const char* a = token.data();
  const char* b = lower.data();
  const std::size_t n = lower.size();
  if (n >= 8) {
    if (n > 16 && !word_is<std::uint64_t>(a + 8, b + 8)) return false;
    return word_is<std::uint64_t>(a, b) && word_is<std::uint64_t>(a + n - 8, b + n - 8);
  }
  if (n >= 4) return word_is<std::uint32_t>(a, b) && word_is<std::uint32_t>(a + n - 4, b + n - 4);
  return word_is<std::uint16_t>(a, b);
}

FieldId if_is(std::string_view name, std::string_view lower, FieldId id) {
  return is(name, lower) ? id : FieldId::Other;
}

bool is_x_forwarded(std::string_view name) { return is(name.substr(0, 12), "x-forwarded-"); }

}  // namespace

FieldId classify(std::string_view name) {
  switch (name.size()) {
    case 2: return if_is(name, "te", FieldId::Te);
    case 4: return is(name, "host") ? FieldId::Host : if_is(name, "date", FieldId::Date);
    case 6: return if_is(name, "expect", FieldId::Expect);
    case 7:
      return is(name, "trailer") ? FieldId::Trailer : if_is(name, "upgrade", FieldId::Upgrade);
    case 9: return if_is(name, "forwarded", FieldId::Forwarded);
    case 10:
      return is(name, "connection") ? FieldId::Connection
                                    : if_is(name, "keep-alive", FieldId::KeepAlive);
    case 12: return if_is(name, "x-request-id", FieldId::XRequestId);
    case 14:
      if (is(name, "content-length")) return FieldId::ContentLength;
      break;
    case 15:
      if (is(name, "x-forwarded-for")) return FieldId::XForwardedFor;
      break;
    case 16:
      if (is(name, "proxy-connection")) return FieldId::ProxyConnection;
      break;
    case 17:
      if (is(name, "transfer-encoding")) return FieldId::TransferEncoding;
      break;
    default: break;
  }
  return name.size() > 12 && is_x_forwarded(name) ? FieldId::XForwarded : FieldId::Other;
}

bool is_look_alike(std::string_view name) {
  if (name.find('_') == name.npos || name.size() > 64) return false;
  std::string dashed(name);
  for (char& c : dashed) {
    if (c == '_') c = '-';
  }
  return classify(dashed) != FieldId::Other;
}

std::optional<std::string_view> ListReader::next() {
  while (!rest_.empty()) {
    const auto comma = rest_.find(',');
    const std::string_view element = trim_whitespace(rest_.substr(0, comma));
    rest_.remove_prefix(comma == rest_.npos ? rest_.size() : comma + 1);
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

}  // namespace gateway::http
