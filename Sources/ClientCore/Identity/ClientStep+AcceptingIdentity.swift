// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// Another identity key at an address that was pinned: what the directory offers is kept, said
/// aloud, and pinned when the user accepts it (identity.md, another key).
extension ClientStep {
  private func offerKey(_ address: String) -> String { "identity.offered:" + address }

  /// Keeps what the directory offers, if it is consistent in itself: nothing else can be accepted.
  ///
  /// - Returns: the identity key of it; empty when there is nothing to accept.
  mutating func keepOffer(
    _ signed: SignedManifest?, of address: String
  ) throws(ClientStoreFailure) -> [UInt8] {
    let key = offerKey(address)
    guard let signed,
      let offered = try? signed.verifiedAtFirstContact(of: signed.claimedAccountID)
    else {
      if try transaction.setting(key: key)?.value.isEmpty == false {
        try transaction.put(SettingRow(key: key, value: []))
      }
      return []
    }
    try transaction.put(SettingRow(key: key, value: signed.encoded))
    return offered.aik.bytes
  }

  private func offer(to peer: PeerRow) throws(ClientStoreFailure) -> VerifiedManifest? {
    guard peer.standing == .identityChanged, !peer.offeredIdentityKey.isEmpty,
      let bytes = try transaction.setting(key: offerKey(peer.address))?.value,
      let signed = try? SignedManifest(decoding: bytes),
      let offered = try? signed.verifiedAtFirstContact(of: signed.claimedAccountID),
      offered.aik.bytes == peer.offeredIdentityKey
    else { return nil }
    return offered
  }

  /// The number of the key that is offered, to be compared before it is accepted.
  func offeredNumber(of peer: PeerRow) throws(ClientStoreFailure) -> SafetyNumber? {
    guard let device = state.device, let offered = try offer(to: peer) else { return nil }
    return SafetyNumber(
      own: IdentityFingerprint(accountID: device.accountID, aik: device.signer.aik),
      peer: IdentityFingerprint(accountID: offered.accountID, aik: offered.aik))
  }

  /// A line in every conversation that the person is part of.
  mutating func addBanner(
    _ text: String, about address: String
  ) throws(ClientStoreFailure) {
    for conversation in try transaction.conversations() {
      var isPart = conversation.address == address
      if RoomReference.isOne(conversation.address),
        let row = try sendingGroup(of: conversation)
      {
        isPart = try group(row).roomMembers.account(of: address) != nil
      }
      if isPart { try addNotice(text, to: conversation, groupID: []) }
    }
  }

  /// Pins the key that the directory offers, without the mark of the one before unless the number
  /// of this one was compared. What failed because of it is sent now.
  mutating func acceptIdentity(
    of address: String, proof: SafetyProof?, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard var peer = try transaction.peer(address: address) else {
      return refuse(token, .unknownConversation, "There was no contact with this address yet.")
    }
    guard peer.standing == .identityChanged else {
      return refuse(token, .badRequest, "The identity key of this address has not changed.")
    }
    guard let offered = try offer(to: peer), let number = try offeredNumber(of: peer) else {
      wantManifest(of: address)
      return refuse(
        token, .identityChanged,
        "The directory has offered no identity that could be accepted. It is asked again.")
    }
    if let proof { guard agrees(proof, with: number, token) else { return } }
    peer.accountID = offered.accountID.bytes
    peer.identityKey = offered.aik.bytes
    peer.manifest = offered.signed.encoded
    peer.manifestVersion = offered.version
    peer.standing = .trusted
    peer.offeredIdentityKey = []
    peer.firstSeenAt = now
    peer.verifiedAt = proof == nil ? nil : now
    try transaction.put(peer)
    try transaction.put(SettingRow(key: offerKey(address), value: []))
    state.manifests[address] = offered
    try beginAnew(with: address)
    try unblockRooms()
    try addBanner(
      "You accepted another identity key of \(address). "
        + "A group that lists the one before does so until somebody removes it.",
      about: address)
    try emit(.identityNotice(.accepted), address: address)
    respond(token, .safetyNumber(report(of: peer, number)))
  }

  /// Nothing more is read or sent by groups of the identity before; a new one takes their place.
  private mutating func beginAnew(with address: String) throws(ClientStoreFailure) {
    guard var conversation = try transaction.conversation(address: address) else { return }
    for var row in try transaction.groups(conversationID: conversation.id)
    where row.phase != .outOfStep && row.phase != .over {
      endSubscription(row.groupID)
      try close(&row, as: .outOfStep)
      state.groups[row.groupID] = nil
    }
    for change in try transaction.roomChanges(conversationID: conversation.id) {
      try transaction.removeRoomChange(id: change.id)
    }
    try forgetProposal(in: conversation)
    conversation.phase = .idle
    try transaction.put(conversation)
    try sendFailed(in: conversation)
    state.markDirty(conversation.id)
  }

  /// Sends what failed because the key had changed.
  private mutating func sendFailed(
    in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    var failed: [MessageRow] = []
    var before: UInt64?
    while failed.count < ClientLimits.outboxRowsMax {
      let rows = try transaction.messages(
        conversationID: conversation.id, before: before, limit: ClientLimits.pageMax)
      guard let last = rows.last else { break }
      before = last.seq
      failed += rows.filter {
        $0.own && $0.kind == .text && $0.state == .failed && !$0.content.isEmpty
          && $0.failure == ClientFailureCode.identityChanged.rawValue
      }
    }
    for var row in failed.reversed() {
      row.state = .queued
      row.failure = ""
      try transaction.update(row)
      try queue(row.content, kind: .message, messageID: row.messageID, in: conversation)
      try emit(
        .messageStateChanged(messageID: row.messageID, state: .queued, failure: nil),
        address: conversation.address)
    }
  }

  /// A group that stopped for somebody's identity can be come back to, once nobody's is in doubt.
  private mutating func unblockRooms() throws(ClientStoreFailure) {
    guard try transaction.peers().allSatisfy({ $0.standing == .trusted }) else { return }
    for var conversation in try transaction.conversations()
    where RoomReference.isOne(conversation.address) && conversation.phase == .blocked {
      conversation.phase = .idle
      try transaction.put(conversation)
    }
  }
}
