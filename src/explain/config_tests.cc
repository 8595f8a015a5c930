// SPDX-License-Identifier: MIT
#include "explain/config_tests.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/credentials.h"
#include "config/problems.h"
#include "explain/rehearsal.h"
#include "explain/wording.h"
#include "http/field_name.h"
#include "util/text.h"

namespace gateway::explain {
namespace {

using Text = std::optional<std::string>;

Request request_of(const TestConfig& test) {
  const std::size_t blank = test.request.find(' ');
  Request request{test.request.substr(0, blank), test.request.substr(blank + 1), {}};
  for (const TestField& field : test.headers) {
    request.fields.push_back({field.name, field.value.value_or("")});
  }
  return request;
}

std::string shown(const Text& value) { return value ? quoted(*value) : "none"; }

std::string_view hidden(const Text& value, std::string_view instead) {
  return value ? instead : "none";
}

/// One test and what it is up against.
class Trial {
 public:
  Trial(const LoadedConfig& loaded, const Stage& stage, std::size_t index)
      : test_(loaded.config.tests[index]),
        stage_(stage),
        wording_(loaded, stage),
        rehearsal_(stage, request_of(test_)),
        at_("/tests/" + std::to_string(index) + "/expect") {}

  /// Who answers comes first: when that is not as expected, the rest follows from it.
  void run(const Origins& origins, Problems& problems) {
    is_shown_ = !problems.is_full();
    check_answerer();
    if (failures_.empty()) check_message();
    for (auto& [pointer, message] : failures_) {
      problems.add(origins, std::move(pointer), std::move(message));
    }
  }

 private:
  void check_answerer() {
    const TestExpectation& expect = test_.expect;
    const RouteConfig* route = rehearsal_.route();
    const bool is_forwarded = rehearsal_.outcome() == Outcome::Service;
    const bool is_refused = rehearsal_.outcome() == Outcome::Refused;
    const Text found_route = route != nullptr ? Text(route->name) : Text();
    const Text found_service = is_forwarded ? Text(route->service) : Text();
    const Text found_cause = is_refused ? Text(info(rehearsal_.cause()).word) : Text();
    if (expect.route && expect.route != found_route) {
      fail("/route", shown(expect.route), shown(found_route),
           why_not(&RouteConfig::name, *expect.route));
    } else if (expect.service && expect.service != found_service) {
      fail("/service", shown(expect.service), shown(found_service),
           why_not(&RouteConfig::service, *expect.service));
    } else if (expect.status && expect.status != rehearsal_.status()) {
      fail("/status", std::to_string(*expect.status),
           is_forwarded ? "that the service decides" : std::to_string(*rehearsal_.status()));
    } else if (expect.cause && expect.cause != found_cause) {
      fail("/cause", shown(expect.cause), shown(found_cause));
    }
  }

  void check_message() {
    const TestExpectation& expect = test_.expect;
    if (expect.location) {
      const bool is_redirect = rehearsal_.outcome() == Outcome::Redirect;
      compare("/location", expect.location, is_redirect ? Text(rehearsal_.location()) : Text());
    }
    const bool is_forwarded = rehearsal_.outcome() == Outcome::Service;
    if (expect.upstream_path) {
      std::string_view target = rehearsal_.upstream_target();
      const bool query_counts = expect.upstream_path->find('?') != std::string::npos;
      if (!query_counts) target = target.substr(0, target.find('?'));
      compare("/upstream_path", expect.upstream_path, is_forwarded ? Text(target) : Text());
    }
    for (const TestField& field : expect.request_headers) {
      if (!is_forwarded) return fail("/request_headers", "fields for a service", "none");
      if (received(field.name, rehearsal_.upstream_fields()) == field.value) continue;
      const Text found = received(field.name, rehearsal_.shown_upstream_fields());
      const std::string key = "/request_headers" + pointer_step(field.name);
      if (carries_credentials(field.name)) {
        fail(key, hidden(field.value, "one that is not shown"),
             hidden(found, field.value ? "another" : "one that is not shown"));
      } else {
        fail(key, shown(field.value), shown(found));
      }
    }
  }

  /// The values of all fields of that name, as one (RFC 9110 §5.3).
  static Text received(std::string_view name, const std::vector<Field>& fields) {
    Text all;
    for (const Field& field : fields) {
      if (!equals_ignore_case(field.name, name)) continue;
      all = all ? *all + ", " + field.value : field.value;
    }
    return all;
  }

  void compare(std::string key, const Text& expected, const Text& found) {
    if (expected != found) fail(std::move(key), shown(expected), shown(found));
  }

  void fail(std::string key, std::string_view expected, std::string_view found,
            std::string_view why = {}) {
    std::string message("expected ");
    message.append(expected).append(", found ").append(found).append(": ");
    message.append(test_.request).append(" ").append(wording_.outcome(rehearsal_)).append(why);
    failures_.emplace_back(at_ + std::move(key), std::move(message));
  }

  /// Why the first route that was meant does not take the request.
  std::string why_not(std::string RouteConfig::*key, std::string_view meant) const {
    if (!is_shown_ || !rehearsal_.were_routes_asked()) return "";
    for (const auto& judgement : stage_.router().explain(rehearsal_.wanted())) {
      const RouteConfig& route = judgement.route->config;
      if (route.*key != meant || judgement.verdict == proxy::RouteVerdict::Wins) continue;
      return "; " + wording_.route(route) +
             " does not take it: " + loss(judgement, rehearsal_.route());
    }
    return "";
  }

  const TestConfig& test_;
  const Stage& stage_;
  const Wording wording_;
  const Rehearsal rehearsal_;
  const std::string at_;
  bool is_shown_ = true;  ///< false: nobody reads why
  std::vector<std::pair<std::string, std::string>> failures_;
};

}  // namespace

Status run_tests(const LoadedConfig& loaded) {
  const Stage stage(loaded.config);
  Problems problems;
  for (std::size_t i = 0; i < loaded.config.tests.size(); i++) {
    Trial(loaded, stage, i).run(loaded.origins, problems);
  }
  if (problems.empty()) return ok();
  return Error{problems.text()};
}

}  // namespace gateway::explain
