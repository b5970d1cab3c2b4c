// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import MLS
import SansIO

/// The group of the own devices alone (own-group.md): the MLS group of the conversation with
/// oneself, whose lines are the notes to self.
extension ClientStep {
  /// Whether an address is the own one.
  func isOwn(_ address: String) -> Bool { state.device?.address.description == address }

  /// Whether a conversation, to which nobody has written, is only there for what own devices tell
  /// each other.
  func isHidden(_ conversation: ConversationRow) throws(ClientStoreFailure) -> Bool {
    guard isOwn(conversation.address) else { return false }
    return try transaction.messages(conversationID: conversation.id, before: nil, limit: 1).isEmpty
  }

  /// Makes the group once the account has another device and none of them has made it. Of several
  /// the one with the lowest number does it at once, the next ones later.
  mutating func pumpOwnGroup() throws(ClientStoreFailure) {
    guard state.allDirty || state.ownGroupAt.map({ $0 <= now }) ?? false else { return }
    state.ownGroupAt = nil
    guard let device = state.device,
      let manifest = state.manifests[device.address.description]?.manifest,
      manifest.device(device.device.deviceID) != nil
    else { return }
    let live = manifest.devices.filter { now < $0.expires }.map(\.id)
    let rank = live.firstIndex(of: device.device.deviceID) ?? live.count
    guard live.count > 1 else { return }
    let known = try transaction.conversation(address: device.address.description)
    if let known {
      guard known.phase != .left, try sendingGroup(of: known) == nil,
        try groupBeingMade(for: known) == nil
      else { return }
    }
    let since = state.ownGroupSince ?? now
    state.ownGroupSince = since
    let due = since + .milliseconds(Int64(rank) * ClientLimits.ownDeviceRankWait)
    guard due <= now else { return state.ownGroupAt = due }
    try makeOwnGroup(for: conversation(with: device.address.description))
  }

  /// Makes the MLS group with this device alone; the others are added by its commits.
  mutating func makeOwnGroup(for conversation: ConversationRow) throws(ClientStoreFailure) {
    guard let device = state.device else { return }
    var conversation = conversation
    let groups = try transaction.groups(conversationID: conversation.id)
    if !groups.isEmpty {
      conversation.generation = groups.map(\.generation).max().map { $0 &+ 1 } ?? 0
      try countRestart(&conversation)
    }
    conversation.phase = .starting
    try transaction.put(conversation)
    let context = ConversationContext(generation: conversation.generation, using: &entropy)
    let group: Group
    do {
      group = try Group.create(
        groupID: entropy.bytes(ProductGroup.groupIDLength), suite: ProductGroup.suite,
        identity: device.leafIdentity,
        contextExtensions: ProductGroup.contextExtensions(context, .own),
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
    try beginSharing()
    state.markDirty(conversation.id)
  }

  /// The server has the log of a group that this device made for its own account.
  mutating func ownGroupStarted(
    _ row: GroupRow, _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    var conversation = conversation
    conversation.phase = .open
    try transaction.put(conversation)
    try closeGroups(of: conversation, below: row.generation)
  }

  /// Another own device has asked this one in: it says what it knows, and asks for what it has
  /// missed.
  mutating func enteredOwnGroup(
    _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    try beginSharing()
    state.wantsRenewal = true
    try tellKnown(in: conversation, [.ask])
  }

  /// This device has missed entries of the own group.
  mutating func askOwnDevices(_ conversation: ConversationRow) throws(ClientStoreFailure) {
    guard isOwn(conversation.address) else { return }
    try queue(OwnNote([.ask]), in: conversation)
  }

  /// Puts a note into the outbox.
  mutating func queue(
    _ note: OwnNote, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let content = MIMIContent.ownNote(
      note, salt: Salt(using: &entropy), extensions: contentExtensions)
    _ = try transaction.append(
      OutboxRow(
        conversationID: conversation.id, kind: .note, messageID: [], content: content.encoded,
        submitID: entropy.bytes(16), phase: .queued, groupID: [], epoch: 0, body: [], logSeq: 0,
        createdAt: now))
    state.markDirty(conversation.id)
  }
}
