// SPDX-License-Identifier: MIT
//
// The decoding tables: one for each object of the configuration file.
#pragma once

#include "config/config.h"
#include "config/schema.h"

namespace gateway::schema {

/// What the whole process is set to; everything but the tables below.
const Table<Config>& settings_table();
/// services and routes: they inherit from the settings.
const Table<Config>& services_table();
const Table<Config>& routes_table();
const Table<Config>& tests_table();
/// All keys of the file, for --schema and for what is unknown.
const Table<Config>& root_table();

const Table<LogConfig>& logs_table();
const Table<Timeouts>& timeouts_table();
/// The limits that services and routes have of their own.
const Table<Limits>& limits_table();

/// Routes.
Kind<MatchConfig> match();
Kind<HeaderEdits> header_edits();
Kind<StaticResponse> static_response();
Kind<Redirect> redirect();

}  // namespace gateway::schema
