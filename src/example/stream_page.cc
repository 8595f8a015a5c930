// SPDX-License-Identifier: MIT
//
// /stream?count=5&interval=1: Server-Sent Events, the first at once.
#include <algorithm>
#include <cstdint>
#include <string>

#include "example/arguments.h"
#include "example/page.h"
#include "util/clock.h"
#include "util/json_escape.h"
#include "util/text.h"

namespace gateway::example {
namespace {

class StreamPage : public Page {
 public:
  StreamPage(const PageRequest& request, std::uint64_t count, Milliseconds interval)
      : sender_(request.sender),
        count_(count),
        interval_(interval),
        due_(
            request.loop, [](void* self) { static_cast<StreamPage*>(self)->next(); }, this),
        at_once_(
            request.loop, [](void* self) { static_cast<StreamPage*>(self)->next(); }, this) {}

  void on_body(http::Exchange& exchange, std::span<char> /*data*/, bool end) override {
    if (end) begin(exchange);
  }
  void on_drained(http::Exchange& /*exchange*/) override {
    if (is_held_) next();
  }

 private:
  void begin(http::Exchange& exchange) {
    exchange_ = &exchange;
    began_us_ = monotonic_us();
    http::HeadWriter head;
    sender_.write_head(head, 200, "text/event-stream");
    head.field("Cache-Control", "no-store");
    const bool is_empty = sender_.is_head || count_ == 0;
    exchange.send_head(head,
                       sender_.is_head ? http::ReplyFraming::None : http::ReplyFraming::Stream, {},
                       /*end=*/is_empty);
    if (!is_empty) next();
  }

  void next() {
    is_held_ = exchange_->is_congested();
    if (is_held_) return;
    sent_++;
    exchange_->send_body(event(), /*end=*/sent_ == count_);
    if (sent_ == count_) return;
    if (interval_ == Milliseconds::zero()) {
      at_once_.schedule();
    } else {
      due_.set(time_left());
    }
  }

  // Until the next event is due, counted from the first one so that lateness does not add up.
  Milliseconds time_left() const {
    const Milliseconds elapsed(static_cast<std::int64_t>((monotonic_us() - began_us_) / 1000));
    return std::max(interval_ * static_cast<std::int64_t>(sent_) - elapsed, Milliseconds::zero());
  }

  std::string event() const {
    const std::string number = std::to_string(sent_);
    std::string text = "id: " + number + "\ndata: {\"service\":";
    append_json_string(text, sender_.service);
    text += ",\"event\":" + number + ",\"of\":" + std::to_string(count_) + R"(,"timestamp":")" +
            utc_timestamp(unix_ms()) + "\"}\n\n";
    return text;
  }

  Sender sender_;
  std::uint64_t count_;
  Milliseconds interval_;
  Deadline due_;
  Deferred at_once_;
  http::Exchange* exchange_ = nullptr;
  std::uint64_t began_us_ = 0;
  std::uint64_t sent_ = 0;
  bool is_held_ = false;  // the client does not keep up: the next event waits for on_drained
};

}  // namespace

PagePtr make_stream(const PageRequest& request) {
  constexpr std::uint64_t kMostEvents = 1'000'000'000;
  const std::string_view query = request.head.query();
  const auto count = parse_decimal(parameter(query, "count").value_or("5"));
  const auto interval = parse_seconds(parameter(query, "interval").value_or("1"));
  if (!count || *count > kMostEvents) {
    return make_bad_request(request, "count takes a number from 0 to 1000000000");
  }
  if (!interval) return make_bad_request(request, "interval takes seconds from 0 to 3600");
  return std::make_unique<StreamPage>(request, *count, *interval);
}

}  // namespace gateway::example
