// SPDX-License-Identifier: MIT
//
// Privileges: workers give all of them away before they read a byte from the network, the master
// what it will never need.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "util/result.h"

namespace gateway {

/// A user, and the group that is its main one.
struct Account {
  std::string name;
  uid_t uid;
  gid_t gid;
};

/// Who workers become. Started as root: `user`, by default "api-gateway" if there is such a user,
/// else "nobody"; with `group`, by default the user's own. Otherwise nobody else: there is nothing
/// to drop, and it is an error when `user` or `group` is not who this process is already.
Result<std::optional<Account>> worker_account(const std::string& user, const std::string& group);

/// Becomes `account` for good, all groups included. An error leaves the process unfit to go on.
Status become(const Account& account);

/// For good: those to bind low ports, to own logs and pid files, and to start and signal workers of
/// another user stay, as far as they are there. Forbids new privileges too.
Status keep_needed_capabilities();

/// For good, all of them.
Status drop_capabilities();

/// From now on no program this process executes can gain privileges.
Status forbid_new_privileges();

}  // namespace gateway
