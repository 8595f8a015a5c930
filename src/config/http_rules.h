// SPDX-License-Identifier: MIT
//
// What a configuration may say about HTTP: prefixes, hosts, methods, header fields.
//
// Each check gives an Error that says what is accepted.
// Source    RFC 9110 §5 (fields), §9.1 (methods), §7.2 (Host); RFC 3986 §3.3 (paths).
#pragma once

#include <string_view>

#include "util/result.h"

namespace gateway {

/// Starts and ends with '/', visible ASCII, no query, fragment or dot segment.
Status check_path_prefix(std::string_view prefix);

/// The same, and not below what the gateway answers itself.
Status check_match_prefix(std::string_view prefix);

/// A host name or address without port, or "*." and a host name. Lower case.
Status check_host_pattern(std::string_view host);

Status check_method(std::string_view method);

/// A method, a blank, and a path or URL: what a test asks for.
Status check_request(std::string_view request);

/// Any token.
Status check_field_name(std::string_view name);

/// A token that is not the name of a field the gateway sets or acts on itself.
Status check_header_name(std::string_view name);

/// Printable, without blanks around it.
Status check_header_value(std::string_view value);

/// A URL (http or https) or an absolute path.
Status check_location(std::string_view location);

}  // namespace gateway
