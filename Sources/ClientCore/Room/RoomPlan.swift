// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// A commit in the making: what is wanted, taken one by one, each held to the rules that every
/// other member's client will hold it to.
struct RoomPlan {
  let actor: AccountID
  let before: RoomState
  let members: [RoomMember]
  /// Leaves whose devices proposed to go.
  let leaving: [RoomMember]
  private(set) var after: RoomState
  private(set) var removed: [RoomMember]
  private(set) var invitees: [(address: String, account: AccountID, invitee: Invitee)] = []

  /// Begins with what was proposed.
  init(_ group: Group, actor: AccountID?) throws(ClientFailure) {
    guard let actor, let room = ProductGroup.room(of: group.contextExtensions) else {
      throw ClientFailure(.internalFailure, "The group has no state.")
    }
    self.actor = actor
    before = room
    members = group.roomMembers
    let leaves = group.leavingLeaves
    leaving = members.filter { leaves.contains($0.leaf) }
    removed = leaving
    after = room.removing(leaving, remaining: members.filter { !leaves.contains($0.leaf) })
  }

  /// Brings own devices in, and puts own ones out that the account has no more.
  init(
    _ group: Group, actor: AccountID?, ownInvitees: [Invitee], gone: [RoomMember], address: String
  ) throws(ClientFailure) {
    try self.init(group, actor: actor)
    for member in gone where !removed.contains(where: { $0.leaf == member.leaf }) {
      removed.append(member)
    }
    for invitee in ownInvitees { invitees.append((address, self.actor, invitee)) }
  }

  /// Whether a commit would do more than renew keys.
  var isEmpty: Bool { removed.isEmpty && invitees.isEmpty && after == before }

  /// What the commit says, but for the proposals that it takes up by reference.
  var proposals: [Proposal] {
    let byReference = Set(leaving.map(\.leaf))
    return removed.filter { !byReference.contains($0.leaf) }.map { .remove($0.leaf) }
      + invitees.map { .add($0.invitee.keyPackage) }
  }

  /// Takes a change.
  ///
  /// - Parameters:
  ///   - change: what is wanted.
  ///   - account: the account of the change's subject, when it is known.
  ///   - invitees: the devices of somebody who is to come in; `nil` looks at the rest alone.
  /// - Throws: why it cannot be done; the plan is as it was.
  mutating func take(
    _ change: RoomChange, account: AccountID?, invitees: [Invitee]?
  ) throws(ClientFailure) {
    if case .renew = change, invitees == nil { return try checkRenewal(of: member(account)) }
    var next = self
    try next.apply(change, account: account, invitees: invitees)
    do throws(RoomViolation) {
      try next.transition.check()
    } catch {
      throw ClientFailure(error == .size ? .groupFull : .notPermitted, error.rawValue)
    }
    if change.adds, invitees == nil, !before.allows(.add, by: actor) {
      throw ClientFailure(.notPermitted, RoomViolation.adding.rawValue)
    }
    self = next
  }

  private func checkRenewal(of account: AccountID) throws(ClientFailure) {
    guard account != actor else { throw RoomPlan.ownRenewal }
    guard before.mayBringBack(account, by: actor, among: members) else {
      throw ClientFailure(.notPermitted, RoomViolation.adding.rawValue)
    }
  }

  private static var ownRenewal: ClientFailure {
    ClientFailure(.badRequest, "Somebody else has to bring this account back.")
  }

  private var transition: RoomTransition {
    // The places of those who come in do not matter to the rules.
    let added = invitees.map { RoomMember(account: $0.account, address: $0.address) }
    return RoomTransition(
      before: before, after: after, members: members, added: added, removed: removed,
      leaving: Set(leaving.map(\.leaf)), actor: actor)
  }

  private mutating func apply(
    _ change: RoomChange, account: AccountID?, invitees: [Invitee]?
  ) throws(ClientFailure) {
    switch change {
    case .add(let address): try add(address, account, invitees)
    case .renew(let address):
      let account = try member(account)
      guard account != actor else { throw RoomPlan.ownRenewal }
      remove(account)
      try add(address, account, invitees)
    case .admit(let address, let linkID):
      guard let place = after.links.firstIndex(where: { $0.linkID == linkID }),
        after.links[place].uses > 0
      else { throw ClientFailure(.notPermitted, "The link is not open any more.") }
      after.links[place] = after.links[place].used
      try add(address, account, invitees)
    case .openLink(let entry):
      guard after.links.count < RoomState.linksMax else {
        throw ClientFailure(.quotaExceeded, "A group has four links at most.")
      }
      after.links.append(entry)
    case .closeLink(let linkID):
      guard after.links.contains(where: { $0.linkID == linkID }) else {
        throw ClientFailure(.badRequest, "The group has no such link.")
      }
      after.links.removeAll { $0.linkID == linkID }
    case .remove(_, let banning):
      guard let account else { throw RoomPlan.notAMember }
      guard banning || members.holds(account) else { throw RoomPlan.notAMember }
      guard account != actor else {
        throw ClientFailure(.badRequest, "Leaving is another request.")
      }
      remove(account)
      if banning { after.banned.insert(account) }
      after = after.removing(removed, remaining: remaining)
    case .unban:
      guard let account, after.banned.contains(account) else {
        throw ClientFailure(.badRequest, "This account is not banned.")
      }
      after.banned.remove(account)
    case .rename(let name): after.name = name
    case .describe(let text): after.about = text
    case .picture(let bytes): after.picture = try RoomPlan.picture(bytes)
    case .role(_, let role):
      let account = try member(account)
      if role == .owner { after.setRole(.admin, of: actor) }
      after.setRole(role, of: account)
    case .permission(let action, let role): after.permissions[action] = role
    case .timer(let timer):
      guard after.kind == .pair else {
        after.timer = timer
        break
      }
      let wanted = try RoomPlan.timer(timer)
      after.timer = after.policy.wanting(wanted, by: actor).encoded
    case .acceptTimer(let timer):
      let wanted = try RoomPlan.timer(timer)
      guard after.policy.isProposed(wanted, to: actor) else { throw RoomPlan.notProposed }
      after.timer = PairPolicy(timer: wanted).encoded
    case .declineTimer(let timer):
      let wanted = try RoomPlan.timer(timer)
      guard let proposal = after.policy.proposal, proposal.timer == wanted else {
        throw RoomPlan.notProposed
      }
      after.timer = PairPolicy(timer: after.policy.timer).encoded
    }
  }

  private static var notProposed: ClientFailure {
    ClientFailure(.badRequest, "This timer is not proposed any more.")
  }

  private static func timer(_ bytes: [UInt8]) throws(ClientFailure) -> MessageTimer? {
    do {
      return bytes.isEmpty ? nil : try MessageTimer(decoding: bytes)
    } catch {
      throw ClientFailure(.badRequest, "This is no timer.")
    }
  }

  private static func picture(_ bytes: [UInt8]) throws(ClientFailure) -> RoomPicture? {
    if bytes.isEmpty { return nil }
    guard let picture = RoomPicture(bytes) else {
      throw ClientFailure(.badRequest, "The picture of a group is a JPEG of 12,288 bytes at most.")
    }
    return picture
  }

  private static var notAMember: ClientFailure {
    ClientFailure(.notAMember, "This account is not a member of the group.")
  }

  private var remaining: [RoomMember] {
    members.filter { member in !removed.contains { $0.leaf == member.leaf } }
  }

  private func member(_ account: AccountID?) throws(ClientFailure) -> AccountID {
    guard let account, members.holds(account) else { throw RoomPlan.notAMember }
    return account
  }

  private mutating func remove(_ account: AccountID) {
    for member in members where member.account == account {
      if !removed.contains(where: { $0.leaf == member.leaf }) { removed.append(member) }
    }
  }

  private mutating func add(
    _ address: String, _ account: AccountID?, _ found: [Invitee]?
  ) throws(ClientFailure) {
    if let account, after.banned.contains(account) {
      throw ClientFailure(.notPermitted, "This account is banned from the group.")
    }
    guard let found else {
      guard remaining.accounts.count < ClientLimits.roomAccountsMax else {
        throw ClientFailure(.groupFull, RoomViolation.size.rawValue)
      }
      return
    }
    for invitee in found {
      guard let account = try? LeafClaim(invitee.keyPackage.leafNode).certificate.accountID else {
        throw ClientFailure(.keyPackageInvalid, "A key package has no certificate.")
      }
      invitees.append((address, account, invitee))
    }
  }
}

extension Group {
  /// Leaves whose own devices proposed to remove them.
  var leavingLeaves: Set<LeafIndex> {
    var leaves: Set<LeafIndex> = []
    for (proposal, sender) in pendingProposals {
      if case .remove(let leaf) = proposal, sender == .member(leaf) { leaves.insert(leaf) }
    }
    return leaves
  }
}
