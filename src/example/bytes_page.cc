// SPDX-License-Identifier: MIT
//
// /bytes/<n>: n bytes, lines of 63 characters and a newline; never more than a queue in memory.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "example/page.h"
#include "util/text.h"

namespace gateway::example {
namespace {

const auto kPiece = [] {
  constexpr std::string_view kLine =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.\n";
  std::array<char, 64 << 10> piece{};
  for (std::size_t i = 0; i < piece.size(); i++) piece[i] = kLine[i % kLine.size()];
  static_assert(kLine.size() == 64 && piece.size() % kLine.size() == 0);
  return piece;
}();

class BytesPage : public Page {
 public:
  BytesPage(const PageRequest& request, std::uint64_t size)
      : sender_(request.sender),
        left_(size),
        more_(
            request.loop, [](void* self) { static_cast<BytesPage*>(self)->send_more(); }, this) {}

  void on_body(http::Exchange& exchange, std::span<char> /*data*/, bool end) override {
    if (end) begin(exchange);
  }
  void on_drained(http::Exchange& /*exchange*/) override { send_more(); }

 private:
  void begin(http::Exchange& exchange) {
    exchange_ = &exchange;
    http::HeadWriter head;
    sender_.write_head(head, 200, "application/octet-stream");
    head.field("Content-Length", left_);
    const auto framing = sender_.is_head ? http::ReplyFraming::None : http::ReplyFraming::Length;
    const bool is_empty = sender_.is_head || left_ == 0;
    exchange.send_head(head, framing, {}, /*end=*/is_empty);
    if (!is_empty) send_more();
  }

  // One piece at a time, with room for other deferred calls in between: among them is the one
  // that ends an exchange whose client has gone, which is never congested.
  void send_more() {
    const auto size = std::min<std::uint64_t>(left_, kPiece.size());
    left_ -= size;
    exchange_->send_body(std::span(kPiece).first(static_cast<std::size_t>(size)),
                         /*end=*/left_ == 0);
    if (left_ > 0 && !exchange_->is_congested()) more_.schedule();
  }

  Sender sender_;
  std::uint64_t left_;
  Deferred more_;
  http::Exchange* exchange_ = nullptr;
};

}  // namespace

PagePtr make_bytes(const PageRequest& request) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto size = parse_decimal(request.argument);
  if (!size || *size > kMost) return make_bad_request(request, "/bytes/<n> takes a whole number");
  return std::make_unique<BytesPage>(request, *size);
}

}  // namespace gateway::example
