// SPDX-License-Identifier: MIT
//
// Everything else: the request as it arrived, as JSON.
#include <string>

#include "example/page.h"
#include "util/json_escape.h"

namespace gateway::example {
namespace {

constexpr std::size_t kMostBody = 64 << 10;  // longer bodies are only counted

void append_member(std::string& json, std::string_view name, std::string_view value) {
  append_json_string(json, name);
  json += ':';
  append_json_string(json, value);
  json += ',';
}

// All members but those about the body. An array of pairs keeps order and repeated fields.
std::string describe(const Sender& sender, const http::RequestHead& head) {
  std::string_view query = head.query();
  if (!query.empty()) query.remove_prefix(1);
  std::string json = "{";
  append_member(json, "service", sender.service);
  append_member(json, "method", head.method);
  append_member(json, "target", head.target);
  append_member(json, "path", head.path());
  append_member(json, "query", query);
  json += "\"headers\":[";
  for (const http::Field& field : head.fields) {
    if (&field != &head.fields.front()) json += ',';
    json += '[';
    append_json_string(json, field.name);
    json += ',';
    append_json_string(json, field.value);
    json += ']';
  }
  return json += "],";
}

class EchoPage : public Page {
 public:
  explicit EchoPage(const PageRequest& request)
      : sender_(request.sender), json_(describe(request.sender, request.head)) {}

  void on_body(http::Exchange& exchange, std::span<char> data, bool end) override {
    if (exchange.body_received() <= kMostBody) body_.append(data.data(), data.size());
    if (end) answer(exchange);
  }
  void on_drained(http::Exchange& /*exchange*/) override {}

 private:
  void answer(http::Exchange& exchange) {
    json_ += "\"body\":";
    if (exchange.body_received() <= kMostBody && is_utf8(body_)) {
      append_json_string(json_, body_);
    } else {
      json_ += "null";
    }
    json_ += ",\"body_bytes\":" + std::to_string(exchange.body_received()) + '}';
    sender_.send(exchange, 200, kJson, json_);
  }

  Sender sender_;
  std::string json_;
  std::string body_;
};

}  // namespace

PagePtr make_echo(const PageRequest& request) { return std::make_unique<EchoPage>(request); }

}  // namespace gateway::example
