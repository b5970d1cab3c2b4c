// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Devices that the peer has taken out of its account and that are in a group of two still
/// (linking.md, removing).
extension ClientStep {
  /// What there is of removed devices of the peer in a group of two.
  enum RemovedPeers: Hashable {
    case none
    /// Some are there: nothing is sent until another device of the peer has taken them out.
    case here
    /// The group was left because of them.
    case left
  }

  /// Leaves a group of two in which only removed devices of the peer are left: nobody is there who
  /// could take them out, and the peer's other devices do not know of it. Where another one is
  /// there, it has some time to take them out; perhaps it never came in.
  ///
  /// The log was read to its end: a commit in it may have brought another device in.
  mutating func lookAfterRemovedPeers(
    of conversation: ConversationRow, in row: GroupRow
  ) throws(ClientStoreFailure) -> RemovedPeers {
    guard !RoomReference.isOne(conversation.address), !isOwn(conversation.address),
      let peer = try transaction.peer(address: conversation.address)
    else { return .none }
    let manifest = try verifiedManifest(of: peer).manifest
    let devices = try group(row).roomMembers.filter { $0.address == peer.address }
      .map(\.deviceID)
    let removed = devices.filter { manifest.device($0) == nil }
    guard !removed.isEmpty else {
      state.orphanedSince[row.groupID] = nil
      return .none
    }
    if removed.count < devices.count {
      let since = state.orphanedSince[row.groupID] ?? now
      state.orphanedSince[row.groupID] = since
      let due = max(since + ClientLimits.removedPeerWait, restartsAgainAt(conversation) ?? now)
      guard due <= now else {
        state.wake(conversation.id, at: due)
        return .here
      }
    }
    try leave(row, of: conversation)
    return .left
  }

  /// The group is read on, since what was sent before may still come. Nothing is sent in it any
  /// more.
  private mutating func leave(
    _ row: GroupRow, of conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    var (row, conversation) = (row, conversation)
    state.orphanedSince[row.groupID] = nil
    try close(&row, as: .closed)
    try addNotice(
      "\(conversation.address) has taken a device out of the account; this conversation goes on "
        + "with the others.", to: conversation, groupID: row.groupID)
    if conversation.phase == .open, try sendingGroup(of: conversation) == nil {
      conversation.phase = .starting
      try transaction.put(conversation)
    }
    try emit(.conversationRestarted(.outOfStep), address: conversation.address)
    state.markDirty(conversation.id)
  }

  /// A device that the peer has taken out meanwhile has asked this one into a group of this
  /// generation. It was not entered, as whoever has the device now may have made it. Were it made
  /// before, then the peer's other devices are in it and write there: they are asked into a new
  /// one.
  mutating func beginAnew(
    with address: String, above generation: UInt32
  ) throws(ClientStoreFailure) {
    var conversation = try conversation(with: address)
    guard conversation.phase != .blocked, conversation.generation <= generation,
      generation - conversation.generation < ClientLimits.generationsAheadMax,
      restartsAgainAt(conversation) == nil, try groupBeingMade(for: conversation) == nil
    else { return }
    for row in try transaction.groups(conversationID: conversation.id) where row.phase == .active {
      try leave(row, of: conversation)
    }
    conversation.generation = generation + 1
    conversation.phase = .starting
    try transaction.put(conversation)
    state.markDirty(conversation.id)
  }

  /// When another group may be made for the conversation; `nil`: now.
  func restartsAgainAt(_ conversation: ConversationRow) -> Instant? {
    let end = conversation.restartsSince + .seconds(86_400)
    guard conversation.restarts >= ClientLimits.groupsPerDay, now < end else { return nil }
    return end
  }
}
