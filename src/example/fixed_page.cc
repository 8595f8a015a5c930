// SPDX-License-Identifier: MIT
//
// Pages whose answer is known as soon as the request's head is: health, status, bad requests.
#include <string>
#include <utility>

#include "example/page.h"
#include "util/clock.h"
#include "util/json_escape.h"
#include "util/text.h"

namespace gateway::example {
namespace {

class FixedPage : public Page {
 public:
  FixedPage(Sender sender, int status, std::string body)
      : sender_(sender), status_(status), body_(std::move(body)) {}

  void on_body(http::Exchange& exchange, std::span<char> /*data*/, bool end) override {
    if (end) sender_.send(exchange, status_, kJson, body_);
  }
  void on_drained(http::Exchange& /*exchange*/) override {}

 private:
  Sender sender_;
  int status_;
  std::string body_;
};

class BadRequestPage : public Page {
 public:
  BadRequestPage(Sender sender, std::string_view message) : sender_(sender), message_(message) {}

  void on_body(http::Exchange& exchange, std::span<char> /*data*/, bool end) override {
    if (end) sender_.send_error(exchange, 400, "bad_request", message_);
  }
  void on_drained(http::Exchange& /*exchange*/) override {}

 private:
  Sender sender_;
  std::string message_;
};

}  // namespace

PagePtr make_health(const PageRequest& request) {
  std::string body = R"({"status":"healthy","service":)";
  append_json_string(body, request.sender.service);
  body += R"(,"timestamp":")" + utc_timestamp(unix_ms()) + "\"}";
  return std::make_unique<FixedPage>(request.sender, 200, std::move(body));
}

PagePtr make_status(const PageRequest& request) {
  const auto status = parse_decimal(request.argument);
  if (!status || *status < 200 || *status > 599) {
    return make_bad_request(request, "/status/<code> takes a number from 200 to 599");
  }
  std::string body = "{\"service\":";
  append_json_string(body, request.sender.service);
  body += ",\"status\":" + std::to_string(*status) + '}';
  return std::make_unique<FixedPage>(request.sender, static_cast<int>(*status), std::move(body));
}

PagePtr make_bad_request(const PageRequest& request, std::string_view message) {
  return std::make_unique<BadRequestPage>(request.sender, message);
}

}  // namespace gateway::example
