// SPDX-License-Identifier: MIT
//
// Thin, so that handlers need not see the connection.
#include "http/exchange.h"

#include "http/server_connection.h"

namespace gateway::http {

const RequestHead& Exchange::request() const { return connection_.head(); }
std::string_view Exchange::peer() const { return connection_.peer(); }
bool Exchange::peer_is_trusted() const { return connection_.peer_is_trusted(); }
bool Exchange::trusts(std::string_view ip) const { return connection_.entrance().trusts(ip); }
std::uint16_t Exchange::local_port() const { return connection_.entrance().port; }
void Exchange::collect_trailers(std::string& into) { connection_.collect_trailers(into); }
void Exchange::pause_body() { connection_.set_body_paused(true); }
void Exchange::resume_body() { connection_.set_body_paused(false); }
void Exchange::read_in_bulk(bool in_bulk) { connection_.read_in_bulk(in_bulk); }
void Exchange::send_interim(HeadWriter& head) { connection_.send_interim(head); }
void Exchange::send_head(HeadWriter& head, ReplyFraming framing, std::span<const char> body,
                         bool end, std::string_view trailers) {
  head_sent_ = true;
  connection_.send_head(head, framing, body, end, trailers);
}
void Exchange::send_body(std::span<const char> data, bool end, std::string_view trailers) {
  connection_.send_body(data, end, trailers);
}
void Exchange::upgrade(HeadWriter& head) {
  head_sent_ = true;
  connection_.upgrade(head);
}
void Exchange::abort(Cause cause) { connection_.cut_short(cause); }
bool Exchange::is_congested() const { return connection_.is_congested(); }
std::size_t Exchange::queued() const { return connection_.queued(); }

}  // namespace gateway::http
