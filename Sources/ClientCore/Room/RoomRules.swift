// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Why a commit is not followed although MLS allows it. The raw value is what people are told.
enum RoomViolation: String, Error, Hashable {
  /// What a room is cannot change.
  case identity = "The group would become another one."
  /// The committer may not add people, or not this one.
  case adding = "Somebody was added who may not be, or by somebody who may not."
  /// The committer may not remove people, or not this one.
  case removing = "Somebody was removed by a person who may not do that."
  /// The committer may not change name, description or picture.
  case info = "Name, description or picture were changed by a person who may not do that."
  /// The committer may not open or close join links.
  case links = "Join links were changed by a person who may not do that."
  /// The committer may not change the timer.
  case timer = "The timer was changed by a person who may not do that."
  /// The committer may not change roles in this way.
  case roles = "Roles were changed by a person who may not do that."
  /// The committer may not change permissions.
  case permissions = "Permissions were changed by a person who may not do that."
  /// The committer may not ban people, or not these.
  case bans = "Somebody was banned, or let in again, by a person who may not do that."
  /// There would be more people or devices than a group may have.
  case size = "The group would be too large."
  /// The keys that members share were not changed as they have to be.
  case keys = "The group's keys were not renewed as they have to be."
}

/// What a commit does to a room, and the rules that every member's client holds it to (groups.md).
struct RoomTransition {
  /// The state of the epoch that ends.
  let before: RoomState
  /// The state of the epoch that begins.
  let after: RoomState
  /// The leaves of the epoch that ends.
  let members: [RoomMember]
  /// Leaves that come in.
  let added: [RoomMember]
  /// Leaves that go out.
  let removed: [RoomMember]
  /// Those of them that asked for it themselves.
  let leaving: Set<LeafIndex>
  /// Who commits.
  let actor: AccountID

  /// The leaves that are in both epochs.
  private var staying: [RoomMember] {
    let gone = Set(removed.map(\.leaf))
    return members.filter { !gone.contains($0.leaf) }
  }

  /// Checks everything but the keys.
  func check() throws(RoomViolation) {
    guard after.kind == before.kind, after.roomID == before.roomID, after.domain == before.domain
    else { throw .identity }
    let remaining = staying + added
    guard remaining.count <= ClientLimits.roomDevicesMax,
      remaining.accounts.count <= ClientLimits.roomAccountsMax
    else { throw .size }
    guard before.kind == .group else {
      // Two people have no roles: nobody comes in or goes out but by devices of their own.
      guard added.allSatisfy({ $0.account == actor }), removed.allSatisfy({ $0.account == actor })
      else { throw .adding }
      guard after.policy.follows(before.policy, by: actor) else { throw .timer }
      return
    }
    try checkMembers()
    try checkSettings()
    try checkRoles(remaining)
    try checkBans(remaining)
  }

  private func checkMembers() throws(RoomViolation) {
    for member in added {
      let isOwnDevice = member.account == actor && members.holds(actor)
      guard isOwnDevice || before.allows(.add, by: actor) || bringsBack(member.account) else {
        throw .adding
      }
      guard !after.banned.contains(member.account) else { throw .adding }
    }
    for member in removed where !leaving.contains(member.leaf) && member.account != actor {
      if bringsBack(member.account) { continue }
      guard before.allows(.remove, by: actor),
        before.role(of: actor) > before.role(of: member.account)
      else { throw .removing }
    }
  }

  /// Whether the commit takes a member out and in again, by whoever may do that.
  private func bringsBack(_ account: AccountID) -> Bool {
    removed.holds(account) && added.holds(account)
      && before.mayBringBack(account, by: actor, among: members)
  }

  /// Whether the new timer keeps nothing longer than the old one did: that anyone may ask for.
  private var isShorterTimer: Bool {
    guard let new = try? MessageTimer(decoding: after.timer) else { return false }
    if before.timer.isEmpty { return true }
    return (try? MessageTimer(decoding: before.timer)).map { new.isWithin($0) } ?? false
  }

  private func checkSettings() throws(RoomViolation) {
    if after.name != before.name || after.about != before.about || after.picture != before.picture {
      guard before.allows(.info, by: actor) else { throw .info }
    }
    if after.timer != before.timer {
      guard before.allows(.timer, by: actor) || isShorterTimer else { throw .timer }
    }
    if after.links != before.links {
      guard before.allows(.add, by: actor) else { throw .links }
    }
    if after.permissions != before.permissions {
      guard before.role(of: actor) >= .admin else { throw .permissions }
    }
  }

  private func checkRoles(_ remaining: [RoomMember]) throws(RoomViolation) {
    guard after.roles.keys.allSatisfy({ remaining.holds($0) }), let owner = after.owner else {
      throw .roles
    }
    if owner != before.owner {
      let isTransfer = actor == before.owner
      let isInheritance =
        before.owner.map { !remaining.holds($0) } ?? true
        && owner == RoomTransition.heir(of: before, among: staying)
      guard isTransfer || isInheritance else { throw .roles }
    }
    let power = before.role(of: actor)
    for account in remaining.accounts where account != owner && account != before.owner {
      let (old, new) = (before.role(of: account), after.role(of: account))
      if new > old, power < .admin { throw .roles }
      if new < old, power < .owner, account != actor { throw .roles }
    }
    // Who was the owner and stays becomes what the owner said.
    if let former = before.owner, former != owner, remaining.holds(former), actor != former {
      throw .roles
    }
  }

  private func checkBans(_ remaining: [RoomMember]) throws(RoomViolation) {
    guard after.banned != before.banned else { return }
    guard before.allows(.remove, by: actor),
      !remaining.contains(where: { after.banned.contains($0.account) })
    else { throw .bans }
    for account in after.banned.subtracting(before.banned) {
      guard before.role(of: actor) > before.role(of: account) else { throw .bans }
    }
  }

  /// Who becomes the owner when the owner goes: the admin who has been there longest, by the place
  /// of the leaf, else the member.
  static func heir(of state: RoomState, among remaining: [RoomMember]) -> AccountID? {
    remaining.min { left, right in
      let (first, second) = (state.role(of: left.account), state.role(of: right.account))
      return first == second ? left.leaf < right.leaf : first > second
    }?.account
  }
}

extension RoomState {
  /// Whether a member may bring back another one that has lost step: who may add people, and
  /// anybody where nobody else may.
  func mayBringBack(
    _ account: AccountID, by actor: AccountID, among members: [RoomMember]
  ) -> Bool {
    guard actor != account, members.holds(actor) else { return false }
    return allows(.add, by: actor)
      || !members.accounts.contains { $0 != account && allows(.add, by: $0) }
  }

  /// The state once these are gone: they have no role any more, and there is an owner.
  func removing(_ gone: [RoomMember], remaining: [RoomMember]) -> RoomState {
    var state = self
    for member in gone where !remaining.holds(member.account) {
      state.setRole(.member, of: member.account)
    }
    if state.kind == .group, state.owner == nil,
      let heir = RoomTransition.heir(of: self, among: remaining)
    {
      state.setRole(.owner, of: heir)
    }
    return state
  }
}
