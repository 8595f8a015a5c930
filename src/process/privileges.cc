// SPDX-License-Identifier: MIT
#include "process/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "util/text.h"

namespace gateway {

namespace {

std::optional<Account> find_user(const std::string& name) {
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  return Account{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

Result<Account> user_or_default(const std::string& name) {
  if (!name.empty()) {
    if (auto account = find_user(name)) return *std::move(account);
    return Error{"workers cannot run as user " + quoted(name) +
                 ": there is no such user; create it or choose another"};
  }
  for (const char* candidate : {"api-gateway", "nobody"}) {
    if (auto account = find_user(candidate)) return *std::move(account);
  }
  return Error{
      "started as root, but there is neither a user \"api-gateway\" nor \"nobody\" that workers "
      "could run as; create one, or start the gateway as another user"};
}

Result<gid_t> find_group(const std::string& name) {
  const ::group* entry = getgrnam(name.c_str());
  if (entry != nullptr) return entry->gr_gid;
  return Error{"workers cannot run as group " + quoted(name) +
               ": there is no such group; create it or choose another"};
}

Error not_root(const char* what, const std::string& name) {
  return Error{std::string("workers cannot run as ") + what + " " + quoted(name) +
               ": only root can change that; start the gateway as root or as that " + what};
}

/// Permitted, effective and inheritable ones to those of `wanted` that are there.
Status limit_capabilities(std::uint64_t wanted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) {
    return Error{"cannot read the capabilities: " + errno_text(errno)};
  }
  for (std::size_t i = 0; i < sets.size(); i++) {
    const auto part = static_cast<std::uint32_t>(wanted >> (32 * i));
    sets[i].permitted &= part;
    sets[i].effective = sets[i].permitted;
    sets[i].inheritable &= part;
  }
  // The ambient ones follow what is permitted.
  if (syscall(SYS_capset, &header, sets.data()) != 0) {
    return Error{"cannot drop capabilities: " + errno_text(errno)};
  }
  return ok();
}

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

}  // namespace

Result<std::optional<Account>> worker_account(const std::string& user, const std::string& group) {
  const bool is_root = geteuid() == 0;
  std::optional<Account> account;
  if (is_root || !user.empty()) {
    auto found = user_or_default(user);
    if (!found) return std::move(found).error();
    account = *std::move(found);
    if (!is_root && account->uid != geteuid()) return not_root("user", user);
  }
  if (!group.empty()) {
    const auto found = find_group(group);
    if (!found) return Error{found.error()};
    if (!is_root && *found != getegid()) return not_root("group", group);
    if (account) account->gid = *found;
  }
  return is_root ? account : std::nullopt;
}

Status become(const Account& account) {
  // Groups first: without root they could not be changed any more.
  if (initgroups(account.name.c_str(), account.gid) != 0 ||
      setresgid(account.gid, account.gid, account.gid) != 0 ||
      setresuid(account.uid, account.uid, account.uid) != 0) {
    return Error{"cannot drop root for user \"" + account.name + "\": " + errno_text(errno) +
                 "; start the gateway as that user, or with CAP_SETUID and CAP_SETGID"};
  }
  if (account.uid != 0 && setuid(0) == 0) {
    return Error{"root could be regained after it was dropped for user \"" + account.name + "\""};
  }
  // The change of user forbade core dumps, and debuggers of the new user.
  if (prctl(PR_SET_DUMPABLE, 1) != 0) {
    return Error{"cannot allow core dumps: " + errno_text(errno)};
  }
  return ok();
}

Status keep_needed_capabilities() {
  constexpr std::uint64_t kNeeded = bit(CAP_NET_BIND_SERVICE) | bit(CAP_CHOWN) |
                                    bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) | bit(CAP_KILL) |
                                    bit(CAP_SETUID) | bit(CAP_SETGID);
  if (Status status = forbid_new_privileges(); !status) return status;
  return limit_capabilities(kNeeded);
}

Status drop_capabilities() { return limit_capabilities(0); }

Status forbid_new_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Error{"cannot forbid new privileges: " + errno_text(errno)};
  }
  return ok();
}

}  // namespace gateway
