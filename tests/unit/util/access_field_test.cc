// SPDX-License-Identifier: MIT
#include "util/access_field.h"

#include <algorithm>
#include <set>

#include "catch.h"

namespace gateway {
namespace {

TEST_CASE("each field is found by its name, and no other name is", "[util]") {
  std::set<std::string_view> names;
  for (const AccessFieldInfo& row : kAccessFieldTable) {
    CHECK(parse_access_field(row.name) == row.field);
    CHECK(access_field_name(row.field) == row.name);
    CHECK(names.insert(row.name).second);
  }
  for (const char* name : {"", "paths", "Path", "path ", "default"}) {
    CHECK_FALSE(parse_access_field(name));
  }
}

TEST_CASE("what a client sends about itself is in no line by default", "[util]") {
  const auto fields = default_access_fields();
  const auto has = [&](AccessField field) {
    return std::find(fields.begin(), fields.end(), field) != fields.end();
  };
  CHECK(fields.front() == AccessField::Timestamp);
  CHECK(fields.back() == AccessField::Generation);
  for (const auto field : {AccessField::Host, AccessField::UserAgent, AccessField::Referer}) {
    CHECK_FALSE(has(field));
  }
  CHECK(has(AccessField::Query));
}

}  // namespace
}  // namespace gateway
