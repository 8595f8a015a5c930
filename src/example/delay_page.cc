// SPDX-License-Identifier: MIT
//
// /delay/<seconds>: an answer after so long.
#include <string>

#include "example/arguments.h"
#include "example/page.h"
#include "util/json_escape.h"

namespace gateway::example {
namespace {

class DelayPage : public Page {
 public:
  DelayPage(const PageRequest& request, Milliseconds delay)
      : sender_(request.sender),
        delay_(delay),
        due_(
            request.loop, [](void* self) { static_cast<DelayPage*>(self)->answer(); }, this) {}

  void on_body(http::Exchange& exchange, std::span<char> /*data*/, bool end) override {
    if (!end) return;
    exchange_ = &exchange;
    if (delay_ == Milliseconds::zero()) {
      answer();
    } else {
      due_.set(delay_);
    }
  }
  void on_drained(http::Exchange& /*exchange*/) override {}

 private:
  void answer() {
    std::string body = "{\"service\":";
    append_json_string(body, sender_.service);
    body += ",\"delay_ms\":" + std::to_string(delay_.count()) + '}';
    sender_.send(*exchange_, 200, kJson, body);
  }

  Sender sender_;
  Milliseconds delay_;
  Deadline due_;
  http::Exchange* exchange_ = nullptr;
};

}  // namespace

PagePtr make_delay(const PageRequest& request) {
  const auto delay = parse_seconds(request.argument);
  if (!delay) return make_bad_request(request, "/delay/<seconds> takes a number from 0 to 3600");
  return std::make_unique<DelayPage>(request, *delay);
}

}  // namespace gateway::example
