// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Joining groups by Welcome (RFC 9420 §12.4.3.1).
extension ClientStep {
  /// Tries the Welcomes that do not wait for a manifest, in the order of the inbox.
  mutating func pumpWelcomes() throws(ClientStoreFailure) {
    for row in try transaction.welcomes() where state.waitingWelcomes[row.inboxSeq] == nil {
      if state.trees[.welcome(row.inboxSeq)]?.isComing == true { continue }
      try join(row)
    }
  }

  private mutating func join(_ row: WelcomeRow) throws(ClientStoreFailure) {
    guard let device = state.device else { return }
    guard case .welcome(let welcome) = try? MLSMessage(bytes: row.body),
      welcome.cipherSuite == ProductGroup.suite,
      let keyPackage = try keyPackage(for: welcome)
    else { return try refuse(row, .welcomeInvalid, address: "") }
    let staged: StagedWelcome
    do {
      let bundle = try KeyPackageBundle(storage: keyPackage.bundle)
      var tree: [UInt8]?
      let info = try Group.groupInfo(in: welcome, with: bundle)
      if let reference = TreeReference(of: info),
        let context = ProductGroup.context(of: info.context.extensions)
      {
        switch self.tree(reference, of: context.routingID, for: .welcome(row.inboxSeq)) {
        case .there(let bytes): tree = bytes
        case .coming: return
        case .lost: return try waitForTree(row)
        }
      }
      staged = try Group.join(
        welcome, with: bundle, signatureKey: device.signatureKey, ratchetTree: tree, at: now)
    } catch let failure as ClientStoreFailure {
      throw failure
    } catch {
      return try refuse(row, .welcomeInvalid, address: "")
    }
    let group = staged.group
    guard let context = ProductGroup.context(of: group),
      let room = ProductGroup.room(of: group.contextExtensions),
      let inviter = group.roomMembers.first(where: { $0.leaf == staged.sender })
    else { return try refuse(row, .welcomeInvalid, address: "") }
    // What the inviter says of itself is checked below; here it only keeps strangers out.
    let reference = room.reference?.description
    let reception = try reception(of: reference ?? inviter.address, from: inviter)
    guard reception != .drop else { return try use(keyPackage, for: row) }
    if let reference {
      return try join(
        row, staged, keyPackage, context, room, reference, asking: reception == .ask)
    }
    if try transaction.group(id: group.groupID) != nil {
      state.trees[.welcome(row.inboxSeq)] = nil
      return try transaction.removeWelcome(inboxSeq: row.inboxSeq)
    }
    switch try check(members: group.members, coming: staged.inviter) {
    case .trusted(let peer):
      guard (room.kind == .own) == isOwn(peer) else {
        return try refuse(row, .welcomeInvalid, address: "")
      }
      // Nobody brings words of this account along.
      guard inviter.account == ownAccount || room.policy.proposal == nil else {
        return try refuse(row, .welcomeInvalid, address: peer)
      }
      try enter(
        group, context: context, peer: peer, inviter: inviter, asking: reception == .ask)
      try use(keyPackage, for: row)
    case .needsManifest(let address):
      try wait(row, for: address)
    case .refused(let code, let address):
      try refuse(row, code, address: address)
      guard code == .ghostDevice, !isOwn(inviter.address),
        try check(members: group.members, coming: []) == .trusted(peer: inviter.address)
      else { return }
      try reception == .accept
        ? beginAnew(with: inviter.address, above: context.generation)
        : tellRefusal(of: staged, in: inviter.address)
    }
  }

  /// A Welcome to a group.
  private mutating func join(
    _ row: WelcomeRow, _ staged: StagedWelcome, _ keyPackage: KeyPackageRow,
    _ context: ConversationContext, _ room: RoomState, _ reference: String, asking: Bool
  ) throws(ClientStoreFailure) {
    switch try check(people: staged.group.members, in: reference, coming: staged.inviter) {
    case .trusted:
      switch try enterRoom(staged, context: context, room: room, asking: asking) {
      case .entered: try use(keyPackage, for: row)
      case .waits:
        var row = row
        row.attempts += 1
        guard row.attempts <= ClientLimits.welcomeAttemptsMax else {
          return try refuse(row, .welcomeInvalid, address: reference)
        }
        try transaction.put(row)
        state.waitingWelcomes[row.inboxSeq] = reference
        state.trees[.welcome(row.inboxSeq)] = nil
      case .refused: try refuse(row, .welcomeInvalid, address: reference)
      }
    case .needsManifest(let address): try wait(row, for: address)
    case .refused(let code, let address):
      try refuse(row, code, address: address)
      guard code == .ghostDevice,
        try check(people: staged.group.members, in: reference, coming: [])
          == .trusted(peer: reference)
      else { return }
      try tellRefusal(of: staged, in: reference)
    }
  }

  /// The Welcome has done its work, and so has the key package.
  private mutating func use(
    _ keyPackage: KeyPackageRow, for row: WelcomeRow
  ) throws(ClientStoreFailure) {
    state.trees[.welcome(row.inboxSeq)] = nil
    try transaction.removeWelcome(inboxSeq: row.inboxSeq)
    if !keyPackage.lastResort {
      try transaction.removeKeyPackage(reference: keyPackage.reference)
    }
    state.recountKeyPackages()
  }

  /// The key package of this device that the Welcome is for.
  private mutating func keyPackage(
    for welcome: Welcome
  ) throws(ClientStoreFailure) -> KeyPackageRow? {
    for entry in welcome.secrets {
      if let row = try transaction.keyPackage(reference: entry.newMember) { return row }
    }
    return nil
  }

  /// The server does not have the tree. It is asked again on each connection, as it may have been
  /// put back to an older state; then somebody has to add this device again.
  private mutating func waitForTree(_ row: WelcomeRow) throws(ClientStoreFailure) {
    var row = row
    row.attempts += 1
    guard row.attempts <= ClientLimits.treeAttemptsMax else {
      return try refuse(row, .welcomeInvalid, address: "")
    }
    try transaction.put(row)
    state.waitingWelcomes[row.inboxSeq] = ""
  }

  /// Only what the directory has answered to counts as an attempt: with a poor network there may be
  /// many connections without an answer.
  private mutating func wait(
    _ row: WelcomeRow, for address: String
  ) throws(ClientStoreFailure) {
    if isFresh(address) {
      var row = row
      row.attempts += 1
      guard row.attempts <= ClientLimits.welcomeAttemptsMax else {
        return try refuse(row, .unknownAddress, address: address)
      }
      try transaction.put(row)
    }
    state.waitingWelcomes[row.inboxSeq] = address
    wantManifest(of: address)
  }

  /// The Welcome is dropped, and people are told why.
  private mutating func refuse(
    _ row: WelcomeRow, _ code: ClientFailureCode, address: String
  ) throws(ClientStoreFailure) {
    state.trees[.welcome(row.inboxSeq)] = nil
    try transaction.removeWelcome(inboxSeq: row.inboxSeq)
    let notice: IdentityNotice =
      switch code {
      case .ghostDevice: .ghostDevice
      case .identityChanged: .identityChanged
      default: .welcomeRefused
      }
    try emit(.identityNotice(notice), address: address)
    guard code == .identityChanged, var peer = try transaction.peer(address: address),
      peer.standing == .trusted
    else { return }
    // Somebody certifies devices for this address with another key: ask the directory which it is.
    peer.manifestWanted = true
    try transaction.put(peer)
    wantManifest(of: address)
  }

  /// Stores the group that a Welcome led to, and the conversation that it belongs to.
  private mutating func enter(
    _ group: Group, context: ConversationContext, peer: String, inviter: RoomMember, asking: Bool
  ) throws(ClientStoreFailure) {
    var conversation = try conversation(with: peer)
    if asking { try holdBack(conversation, from: peer) }
    let isReplaced = context.generation < conversation.generation
    try transaction.put(
      GroupRow(
        groupID: group.groupID, conversationID: conversation.id, routingID: context.routingID,
        phase: isReplaced ? .closed : .active, generation: context.generation,
        epoch: group.epoch, joinedEpoch: group.epoch, cursor: nil, lastPathAt: nil,
        messagesSincePath: 0, answering: true, commitAttempts: 0, commitRetryAt: nil,
        createdAt: now))
    try store(group)
    if context.generation > conversation.generation {
      conversation.generation = context.generation
      try transaction.put(conversation)
      try closeGroups(of: conversation, below: context.generation)
    }
    if !isReplaced, conversation.phase != .blocked {
      conversation.phase = .open
      try transaction.put(conversation)
    }
    try noteBrought(group.members, by: inviter, in: group)
    try entered(group, in: peer)
    try emit(.conversationStarted(byPeer: true), address: peer)
    if isOwn(peer) { try enteredOwnGroup(conversation) }
    try noteFirstTimer(of: group, by: inviter, in: conversation)
    state.markDirty(conversation.id)
  }

  /// The conversation with a peer, made when there is none.
  mutating func conversation(with address: String) throws(ClientStoreFailure) -> ConversationRow {
    if let row = try transaction.conversation(address: address) { return row }
    let row = ConversationRow(
      id: entropy.bytes(16), address: address, phase: .idle, generation: 0, restarts: 0,
      restartsSince: now, createdAt: now, lastActivityAt: now)
    try transaction.put(row)
    try applyShared(to: row)
    return row
  }
}

extension StagedWelcome {
  /// The signature key of whoever asks in: a device that was taken out of its account cannot.
  fileprivate var inviter: Set<[UInt8]> {
    Set(group.leafNode(at: sender).map { [$0.signatureKey] } ?? [])
  }
}
