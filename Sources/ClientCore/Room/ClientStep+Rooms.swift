// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// What the user asks of groups.
extension ClientStep {
  mutating func createRoom(
    named name: String, with addresses: [String], token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil, let device = state.device else { return }
    guard RoomState.isName(name) else {
      return refuse(token, .badRequest, "A name is one line of at most 256 bytes.")
    }
    guard addresses.count < ClientLimits.roomAccountsMax else {
      return refuse(token, .groupFull, "A group has 250 people at most.")
    }
    var people: [String] = []
    for text in addresses {
      guard let address = try? Address(text) else {
        return refuse(token, .badAddress, "An address has the form name@domain.")
      }
      guard address != device.address, !people.contains(text) else { continue }
      people.append(text)
    }
    var room = RoomState.group(
      named: name, owner: device.accountID, domain: device.address.domain,
      using: &entropy)
    room.timer = MessageTimer(try value(of: .timer))?.encoded ?? []
    guard let reference = room.reference?.description else { throw .corrupt("room") }
    var conversation = try conversation(with: reference)
    conversation.phase = .starting
    try transaction.put(conversation)
    try transaction.put(RoomRow(conversationID: conversation.id, state: room.encoded))
    for address in people {
      let change = RoomChange.add(address: address)
      _ = try transaction.append(
        RoomChangeRow(conversationID: conversation.id, change: change.encoded, createdAt: now))
    }
    try makeRoomGroup(for: conversation, room)
    respond(token, .reference(reference))
  }

  /// Makes the MLS group with this device alone; the others are added by its commits.
  mutating func makeRoomGroup(
    for conversation: ConversationRow, _ room: RoomState
  ) throws(ClientStoreFailure) {
    guard let device = state.device else { return }
    let context = ConversationContext(generation: conversation.generation, using: &entropy)
    let group: Group
    do {
      group = try Group.create(
        groupID: entropy.bytes(ProductGroup.groupIDLength), suite: ProductGroup.suite,
        identity: device.leafIdentity,
        contextExtensions: ProductGroup.contextExtensions(context, room),
        lifetime: Lifetime(from: now, lasting: ClientLimits.keyPackageLifetime), using: &entropy)
    } catch {
      throw .corrupt("account")
    }
    try transaction.put(
      GroupRow(
        groupID: group.groupID, conversationID: conversation.id, routingID: context.routingID,
        phase: .creating, generation: conversation.generation, epoch: group.epoch,
        joinedEpoch: group.epoch, cursor: nil, lastPathAt: now, messagesSincePath: 0,
        answering: false, commitAttempts: 0, commitRetryAt: nil, createdAt: now))
    try store(group)
    state.markDirty(conversation.id)
  }

  /// The server has the log of a new group.
  mutating func roomStarted(_ conversation: ConversationRow) throws(ClientStoreFailure) {
    var conversation = conversation
    conversation.phase = .open
    try transaction.put(conversation)
    try forgetBroken(
      transaction.groups(conversationID: conversation.id), below: conversation.generation)
    try emit(.conversationStarted(byPeer: false), address: conversation.address)
  }

  mutating func changeRoom(
    _ reference: String, _ change: RoomChange, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, row) = try openRoom(reference, token) else { return }
    let group = try group(row)
    guard let problem = try problem(with: change, in: group) else {
      for earlier in try transaction.roomChanges(conversationID: conversation.id) {
        guard let wanted = try? RoomChange(decoding: earlier.change) else { continue }
        if change.replaces(wanted) { try transaction.removeRoomChange(id: earlier.id) }
      }
      let waiting = try transaction.roomChanges(conversationID: conversation.id)
      guard waiting.count < ClientLimits.roomChangesMax else {
        return refuse(token, .quotaExceeded, "Too many changes wait to be done.")
      }
      if !waiting.contains(where: { $0.change == change.encoded }) {
        _ = try transaction.append(
          RoomChangeRow(conversationID: conversation.id, change: change.encoded, createdAt: now))
      }
      state.markDirty(conversation.id)
      return respond(token, .accepted)
    }
    refuse(token, problem.code, problem.reason)
  }

  /// Whether the change can be asked for as things stand; whether it can be done is looked at again
  /// when it is.
  private mutating func problem(
    with change: RoomChange, in group: Group
  ) throws(ClientStoreFailure) -> ClientFailure? {
    switch change {
    case .add(let address), .renew(let address), .admit(let address, _):
      guard (try? Address(address)) != nil else {
        return ClientFailure(.badAddress, "An address has the form name@domain.")
      }
    case .rename(let name):
      guard RoomState.isName(name) else {
        return ClientFailure(.badRequest, "A name is one line of at most 256 bytes.")
      }
    case .describe(let text):
      guard RoomState.isAbout(text) else {
        return ClientFailure(.badRequest, "A description has 2,048 bytes at most.")
      }
    case .remove, .unban, .picture, .role, .permission, .timer, .acceptTimer, .declineTimer,
      .openLink, .closeLink:
      break
    }
    let account = try account(of: change.subject, in: group)
    do throws(ClientFailure) {
      var plan = try RoomPlan(group, actor: ownAccount)
      try plan.take(change, account: account, invitees: nil)
      return nil
    } catch {
      return error
    }
  }

  mutating func leaveRoom(
    _ reference: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard var (conversation, row) = try openRoom(reference, token) else { return }
    respond(token, .accepted)
    // A commit on its way may have brought others in: it is waited for.
    let isAlone = try group(row).members.count == 1
    let isCommitting = try transaction.pendingCommit(groupID: row.groupID) != nil
    guard !isAlone || isCommitting else {
      try failWaiting(conversation, .notAMember)
      return try end(&row, of: conversation)
    }
    try beginLeaving(&conversation)
  }

  /// This device shows nothing more, commits nothing, and proposes to go.
  mutating func beginLeaving(
    _ conversation: inout ConversationRow
  ) throws(ClientStoreFailure) {
    for change in try transaction.roomChanges(conversationID: conversation.id) {
      try transaction.removeRoomChange(id: change.id)
    }
    try failWaiting(conversation, .notAMember)
    conversation.phase = .leaving
    try transaction.put(conversation)
    // A commit that is on its way stays: the log may have it already.
    try queue([], kind: .leave, messageID: [], in: conversation)
  }

  /// Somebody's proposal to go is in the log. When it is another own device's, the account goes:
  /// this device as well. When nobody stays who could commit that, whoever goes just stops.
  mutating func goWithProposals(of row: inout GroupRow) throws(ClientStoreFailure) {
    guard var conversation = try transaction.conversation(id: row.conversationID) else { return }
    let group = try group(row)
    let members = group.roomMembers
    let leaving = group.leavingLeaves
    let going = Set(members.filter { leaving.contains($0.leaf) }.map(\.account))
    guard let own = ownAccount, going.contains(own) else { return }
    if conversation.phase == .open { try beginLeaving(&conversation) }
    guard conversation.phase == .leaving, members.allSatisfy({ going.contains($0.account) }),
      leaving.contains(group.ownLeafIndex), try !hasToPropose(conversation)
    else { return }
    try end(&row, of: conversation)
  }

  /// Whether the own proposal to go is not known to be in the log.
  func hasToPropose(_ conversation: ConversationRow) throws(ClientStoreFailure) -> Bool {
    try transaction.outboxRows(
      conversationID: conversation.id, phases: [.queued, .protected],
      limit: ClientLimits.outboxRowsMax
    ).contains { $0.kind == .leave }
  }

  /// The account is no member any more: nothing is kept but what was said.
  mutating func end(
    _ row: inout GroupRow, of conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    endSubscription(row.groupID)
    try close(&row, as: .over)
    for epoch in try transaction.epochs(groupID: row.groupID) {
      try transaction.removeEpoch(groupID: row.groupID, epoch: epoch.epoch)
    }
    state.groups[row.groupID] = nil
    for change in try transaction.roomChanges(conversationID: conversation.id) {
      try transaction.removeRoomChange(id: change.id)
    }
    try forgetJoinLinks(of: conversation)
    guard var conversation = try transaction.conversation(id: conversation.id) else { return }
    conversation.phase = .left
    try transaction.put(conversation)
    // Whoever asks this account in again is asked about again.
    if RoomReference.isOne(conversation.address) {
      try share(OwnKey(.accepted, conversation.address), [])
    }
    for outbox in try transaction.outboxRows(
      conversationID: conversation.id, phases: OutboxRow.Phase.allCases,
      limit: ClientLimits.outboxRowsMax)
    {
      try transaction.removeOutboxRow(id: outbox.id)
      if outbox.phase != .stored {
        try setState(.failed, of: outbox.messageID, in: conversation, failure: .notAMember)
      }
    }
  }

  /// The group that a request is about, in which this account can act; answers the request when
  /// there is none.
  private mutating func openRoom(
    _ reference: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> (ConversationRow, GroupRow)? {
    guard try registered(token) != nil else { return nil }
    guard let conversation = try transaction.conversation(address: reference),
      RoomReference.isOne(reference)
    else {
      refuse(token, .unknownConversation, "There is no group of this name.")
      return nil
    }
    switch conversation.phase {
    case .left, .leaving:
      refuse(token, .notAMember, "This account is no member of the group any more.")
      return nil
    case .blocked:
      refuse(token, .identityChanged, "The identity of a member must be settled first.")
      return nil
    case .idle, .starting, .open: break
    }
    let groups = try transaction.groups(conversationID: conversation.id)
    guard
      let row = try sendingGroup(of: conversation) ?? groups.first(where: { $0.phase == .creating })
    else {
      refuse(token, .outOfStep, "This device has lost step with the group.")
      return nil
    }
    return (conversation, row)
  }
}
