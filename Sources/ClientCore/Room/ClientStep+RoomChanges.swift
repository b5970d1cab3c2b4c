// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO
import Wire

/// Doing what is wanted in groups: by commits that are made anew until one gets through.
extension ClientStep {
  /// Makes the commit that does what is wanted here or was proposed by others.
  ///
  /// - Returns: whether one was made.
  mutating func commitRoom(
    _ conversation: ConversationRow, in row: inout GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    guard conversation.phase == .open else { return false }
    var changes = try transaction.roomChanges(conversationID: conversation.id)
    // A timer is agreed to, or proposed, and nothing else with it.
    if !RoomReference.isOne(conversation.address) { changes = Array(changes.prefix(1)) }
    guard !changes.isEmpty || RoomReference.isOne(conversation.address) else { return false }
    let group = try group(row)
    let isProposed = !group.leavingLeaves.isEmpty
    guard !changes.isEmpty || isProposed else { return false }
    if let retryAt = row.commitRetryAt, now < retryAt {
      state.wake(conversation.id, at: retryAt)
      return false
    }
    var plan: RoomPlan
    do {
      plan = try RoomPlan(group, actor: ownAccount)
    } catch {
      throw .corrupt("epoch")
    }
    // Who held up a commit comes in by one of its own.
    let alone = changes.first { !$0.invitees.isEmpty && state.refusedInvites.contains($0.id) }
    // Those who are asked for together come in together. Of this group alone: nothing would wake it
    // when the directory has answered for another.
    var isAsking = changes.contains { change in
      let subject = (try? RoomChange(decoding: change.change))?.subject ?? ""
      return change.invitees.isEmpty
        && state.logs.isOpen(.inviteToRoom(changeID: change.id, address: subject))
    }
    for change in changes where alone == nil || change.id == alone?.id || change.invitees.isEmpty {
      try take(change, into: &plan, conversation, isAsking: &isAsking)
    }
    if plan.proposals.isEmpty, plan.after == plan.before || isProposed {
      guard isProposed else { return false }
      let due = proposalsDue(of: group, in: row)
      guard due <= now else {
        state.wake(conversation.id, at: due)
        return false
      }
    }
    try commit(.room, plan, in: &row)
    return true
  }

  /// Whether nobody else is in a group and somebody is to come: what is sent now would reach
  /// nobody, as a newcomer reads nothing of the epochs before.
  mutating func waitsForMembers(
    _ conversation: ConversationRow, in row: GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    guard RoomReference.isOne(conversation.address) else { return false }
    let changes = try transaction.roomChanges(conversationID: conversation.id)
    let isAdding = changes.contains { change in
      switch try? RoomChange(decoding: change.change) {
      case .add, .admit: true
      default: false
      }
    }
    guard isAdding else { return false }
    return try group(row).roomMembers.accounts == [ownAccount].compactMap { $0 }
  }

  /// When this device commits what others proposed: the first in the order of leaves at once, each
  /// further one later.
  private mutating func proposalsDue(of group: Group, in row: GroupRow) -> Instant {
    let leaving = group.leavingLeaves
    let rank = group.members.map(\.leafIndex).filter { !leaving.contains($0) }
      .firstIndex(of: group.ownLeafIndex)
    let since = state.flows[row.groupID]?.proposedAt ?? now
    state.flows[row.groupID]?.proposedAt = since
    let waits = Int64(min(rank ?? 0, ClientLimits.proposalRankMax))
    return since + .milliseconds(waits * ClientLimits.proposalRankWait)
  }

  /// Takes a wanted change into the commit, or finds out why not.
  private mutating func take(
    _ row: RoomChangeRow, into plan: inout RoomPlan, _ conversation: ConversationRow,
    isAsking: inout Bool
  ) throws(ClientStoreFailure) {
    guard let change = try? RoomChange(decoding: row.change) else { throw .corrupt("room change") }
    let account = try account(of: change.subject, among: plan.members)
    if isDone(change, account: account, in: plan) {
      return try transaction.removeRoomChange(id: row.id)
    }
    // Who is still to come in has a role then.
    if case .role(let address, _) = change, !(account.map { plan.members.holds($0) } ?? false),
      try isComing(address, to: conversation)
    {
      return
    }
    var invitees: [Invitee]?
    switch change {
    case .add(let address), .renew(let address), .admit(let address, _):
      guard let found = try self.invitees(of: address, row, conversation, isAsking: &isAsking),
        plan.invitees.count + found.count <= ClientLimits.devicesPerCommit
      else { return }
      invitees = found
    default: break
    }
    do {
      try plan.take(change, account: account, invitees: invitees)
    } catch {
      try giveUp(row, error.code, in: conversation)
    }
  }

  /// Whether somebody is wanted in a group and not in yet.
  private func isComing(
    _ address: String, to conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    let wanted = RoomChange.add(address: address).encoded
    return try transaction.roomChanges(conversationID: conversation.id)
      .contains { $0.change == wanted }
  }

  /// Whether a change has nothing left to do.
  private func isDone(_ change: RoomChange, account: AccountID?, in plan: RoomPlan) -> Bool {
    let room = plan.after
    switch change {
    case .add, .admit: return account.map { plan.members.holds($0) } ?? false
    case .renew: return false
    case .remove(_, let banning):
      guard let account else { return false }
      return !plan.members.holds(account) && (!banning || room.banned.contains(account))
    case .unban: return account.map { !room.banned.contains($0) } ?? true
    case .rename(let name): return room.name == name
    case .describe(let text): return room.about == text
    case .picture(let bytes): return (room.picture?.bytes ?? []) == bytes
    case .role(_, let role): return account.map { room.role(of: $0) == role } ?? false
    case .permission(let action, let role): return room.permissions[action] == role
    case .timer(let timer):
      guard room.kind == .pair else { return room.timer == timer }
      let wanted = try? MessageTimer(decoding: timer)
      return room.policy.timer == wanted
        || room.policy.proposal.map { $0.proposer == plan.actor && $0.timer == wanted } ?? false
    case .acceptTimer(let timer):
      return room.policy.timer == (try? MessageTimer(decoding: timer))
    case .declineTimer(let timer):
      return room.policy.proposal.map { $0.timer != (try? MessageTimer(decoding: timer)) } ?? true
    case .openLink(let entry): return room.links.contains { $0.seed == entry.seed }
    case .closeLink(let linkID): return !room.links.contains { $0.linkID == linkID }
    }
  }

  /// Has a commit of this device make a change that nobody has asked it for.
  ///
  /// - Returns: false when it waits already, or when too many do.
  @discardableResult
  mutating func want(
    _ change: RoomChange, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    let waiting = try transaction.roomChanges(conversationID: conversation.id)
    guard waiting.count < ClientLimits.roomChangesMax,
      !waiting.contains(where: { $0.change == change.encoded })
    else { return false }
    _ = try transaction.append(
      RoomChangeRow(conversationID: conversation.id, change: change.encoded, createdAt: now))
    state.markDirty(conversation.id)
    return true
  }

  /// What an own commit has done is wanted no more, whatever others change after it.
  mutating func forgetDone(
    in next: Group, _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard let plan = try? RoomPlan(next, actor: ownAccount) else { return }
    for row in try transaction.roomChanges(conversationID: conversation.id) {
      guard let change = try? RoomChange(decoding: row.change) else { continue }
      let account = try account(of: change.subject, among: plan.members)
      if isDone(change, account: account, in: plan) {
        try transaction.removeRoomChange(id: row.id)
      }
    }
  }

  /// The devices of somebody who is to come in; `nil` while the directory is asked.
  private mutating func invitees(
    of address: String, _ row: RoomChangeRow, _ conversation: ConversationRow,
    isAsking: inout Bool
  ) throws(ClientStoreFailure) -> [Invitee]? {
    let purpose = RequestPurpose.inviteToRoom(changeID: row.id, address: address)
    if row.invitees.isEmpty {
      if let retryAt = state.inviteRetryAt[row.id], now < retryAt {
        state.wake(conversation.id, at: retryAt)
      } else if state.logs.open.count >= ClientLimits.manifestRequestsMax {
        state.wake(conversation.id, at: now + ClientLimits.linkPoll)
      } else if !state.logs.isOpen(purpose) {
        send(LogsRequest.takeKeyPackages(address: address), purpose)
        isAsking = true
      }
      return nil
    }
    guard !isAsking else { return nil }
    guard let found = try? InviteeList(decoding: row.invitees) else {
      throw .corrupt("room change")
    }
    let isLive = found.invitees.allSatisfy { invitee in
      if case .keyPackage(let lifetime) = invitee.keyPackage.leafNode.source {
        lifetime.contains(now)
      } else {
        false
      }
    }
    guard isLive else {
      var row = row
      row.invitees = []
      try transaction.update(row)
      state.markDirty(conversation.id)
      return nil
    }
    return found.invitees
  }

  /// The directory's answer about somebody who is to come in.
  mutating func receivedInvitees(
    manifest: [UInt8], _ packages: [ServerMessage.OfferedKeyPackage], changeID: UInt64,
    address: String
  ) throws(ClientStoreFailure) {
    guard let (conversation, change) = try roomChange(id: changeID) else { return }
    state.markDirty(conversation.id)
    noteFetched(address)
    switch try accept(manifest: manifest, of: address) {
    case .refused(let code): return try giveUp(change, code, in: conversation)
    case .overtaken:
      state.inviteRetryAt[changeID] = now + ClientLimits.manifestFreshness
      return
    case .pinned, .unchanged, .advanced: break
    }
    guard let peer = try transaction.peer(address: address) else { return }
    switch try examine(packages, of: peer) {
    case .invitees(let found):
      var change = change
      change.invitees = InviteeList(found).encoded
      try transaction.update(change)
    case .outdated: state.inviteRetryAt[changeID] = now + ClientLimits.commitBackoff
    case .refused(let code):
      if code != .noDevices {
        try emit(
          .identityNotice(code == .ghostDevice ? .ghostDevice : .keyPackageRefused),
          address: address)
      }
      try giveUp(change, code, in: conversation)
    }
  }

  mutating func inviteesRefused(
    changeID: UInt64, _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    guard let (conversation, change) = try roomChange(id: changeID) else { return }
    state.markDirty(conversation.id)
    switch refusal.code {
    case .notFound: try giveUp(change, .unknownAddress, in: conversation)
    case .unknownDomain: try giveUp(change, .unknownDomain, in: conversation)
    case .malformed: try giveUp(change, .badAddress, in: conversation)
    default:
      state.inviteRetryAt[changeID] = now + (refusal.retryAfter ?? ClientLimits.refusalWait)
    }
  }

  /// A change that cannot be is dropped, and people are told.
  private mutating func giveUp(
    _ row: RoomChangeRow, _ code: ClientFailureCode, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    try transaction.removeRoomChange(id: row.id)
    let subject = (try? RoomChange(decoding: row.change))?.subject ?? ""
    try tell(
      RoomNotice(.refused, actor: "", subject: subject, detail: code.rawValue), in: conversation,
      groupID: [])
  }

  /// No more fit: those who are to come in are given up, and nothing else waits for them.
  mutating func giveUpAdding(
    in row: GroupRow, _ code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    guard let conversation = try transaction.conversation(id: row.conversationID) else { return }
    for change in try transaction.roomChanges(conversationID: row.conversationID) {
      if !change.invitees.isEmpty { try giveUp(change, code, in: conversation) }
    }
    state.ownInviteRetryAt = now + ClientLimits.refusalWait
    state.markDirty(row.conversationID)
  }

  /// A commit cannot be because of those whom it invites: a device that is gone, a full inbox, a
  /// key that cannot be added. Each of them is asked for once more and then comes in by a commit
  /// of its own; who cannot do that either is given up, and nobody else.
  mutating func addAgain(
    _ addresses: [String], to row: GroupRow, _ code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    try transaction.removePendingCommit(groupID: row.groupID)
    state.markDirty(row.conversationID)
    state.ownInviteRetryAt = now + ClientLimits.refusalWait
    guard let conversation = try transaction.conversation(id: row.conversationID) else { return }
    for var change in try transaction.roomChanges(conversationID: row.conversationID)
    where !change.invitees.isEmpty {
      let wanted = try? RoomChange(decoding: change.change)
      guard let subject = wanted?.subject, addresses.contains(subject) else { continue }
      guard state.refusedInvites.insert(change.id).inserted else {
        try giveUp(change, code, in: conversation)
        continue
      }
      change.invitees = []
      try transaction.update(change)
    }
  }

  private func roomChange(
    id: UInt64
  ) throws(ClientStoreFailure) -> (ConversationRow, RoomChangeRow)? {
    for conversation in try transaction.conversations()
    where RoomReference.isOne(conversation.address) {
      let changes = try transaction.roomChanges(conversationID: conversation.id)
      if let change = changes.first(where: { $0.id == id }) { return (conversation, change) }
    }
    return nil
  }
}

/// Key packages that were taken from the directory for somebody who is to come in.
///
/// ```
/// struct { struct { uint32 device_id; KeyPackage key_package; } invitees<V>; } InviteeList;
/// ```
struct InviteeList: WireValue {
  let invitees: [Invitee]

  init(_ invitees: [Invitee]) { self.invitees = invitees }

  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    invitees = try input.readList(maximumCount: ClientLimits.roomDevicesMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      Invitee(deviceID: try input.readUInt32(), keyPackage: try KeyPackage(from: &input))
    }
  }

  func encode(to output: inout ByteWriter) {
    output.write(list: invitees) { output, invitee in
      output.write(invitee.deviceID)
      output.write(invitee.keyPackage)
    }
  }
}
