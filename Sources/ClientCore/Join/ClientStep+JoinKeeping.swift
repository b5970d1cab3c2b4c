// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO
import Wire

/// Keeping join links: devices of admins read the log of each open link, announce its key there,
/// and deal with those who ask (join-links.md).
extension ClientStep {
  /// Goes on with the links of a group.
  mutating func pumpJoinLinks(
    _ conversation: ConversationRow, through row: GroupRow
  ) throws(ClientStoreFailure) {
    guard RoomReference.isOne(conversation.address), conversation.phase == .open else { return }
    if state.keptLinks[conversation.id] == nil { try chooseLinks(of: conversation, row) }
    let kept = state.keptLinks[conversation.id] ?? []
    for entry in kept { try goOn(entry.linkID, in: conversation) }
    if !kept.isEmpty { try answerKnocks(at: conversation, through: row) }
  }

  /// Which links this device keeps: the open ones, when its account is an admin that may add
  /// people.
  private mutating func chooseLinks(
    of conversation: ConversationRow, _ row: GroupRow
  ) throws(ClientStoreFailure) {
    let known = try transaction.joinLinks(conversationID: conversation.id)
    guard let room = try room(of: conversation), let own = ownAccount else { return }
    let isKeeper = room.role(of: own) >= .admin && room.allows(.add, by: own)
    let wayBack =
      try isOnWayBack(room, own, row) ? room.returnEntry(of: row.routingID) : nil
    let entries =
      (isKeeper ? room.links.filter { $0.isOpen(at: now) } : []) + [wayBack].compactMap { $0 }
    state.keptLinks[conversation.id] = entries
    let present = Set(
      ((isKeeper ? room.links : []) + [wayBack].compactMap { $0 }).map(\.linkID))
    for row in known where !present.contains(row.linkID) {
      try transaction.removeJoinLink(linkID: row.linkID)
      endJoinFlow(row.linkID)
      for knock in try transaction.knocks(conversationID: conversation.id)
      where knock.linkID == row.linkID {
        try transaction.removeKnock(conversationID: conversation.id, address: knock.address)
      }
    }
    // What has lapsed or is used up is read no more.
    let open = Set(entries.map(\.linkID))
    for row in known where !open.contains(row.linkID) { endJoinFlow(row.linkID) }
    for entry in entries {
      let linkID = entry.linkID
      guard state.joinFlows[linkID] == nil else {
        state.joinFlows[linkID]?.entry = entry
        continue
      }
      guard let reference = room.reference, let link = try? entry.link(to: reference) else {
        continue
      }
      if try transaction.joinLink(linkID: linkID) == nil {
        try transaction.put(
          JoinLinkRow(linkID: linkID, conversationID: conversation.id, since: now))
      }
      var flow = JoinFlow(conversationID: conversation.id, entry: entry, link: link)
      flow.isWayBack = entry == wayBack
      state.joinFlows[linkID] = flow
    }
  }

  /// Whether this device hears those who have lost step: who may add people brings them back, each
  /// account its own devices, and the first members the only one who may add people.
  private mutating func isOnWayBack(
    _ room: RoomState, _ own: AccountID, _ row: GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    if room.allows(.add, by: own) { return true }
    let members = try group(row).roomMembers
    if members.count(where: { $0.account == own }) > 1 { return true }
    // If the only one who may add people has lost step, somebody else has to help.
    let accounts = members.accounts
    return accounts.count { room.allows(.add, by: $0) } == 1
      && accounts.prefix(ClientLimits.returnHelpersMax).contains(own)
  }

  /// The account is no member any more.
  mutating func forgetJoinLinks(
    of conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    for row in try transaction.joinLinks(conversationID: conversation.id) {
      try transaction.removeJoinLink(linkID: row.linkID)
      endJoinFlow(row.linkID)
    }
    for knock in try transaction.knocks(conversationID: conversation.id) {
      try transaction.removeKnock(conversationID: conversation.id, address: knock.address)
    }
    state.keptLinks[conversation.id] = nil
  }

  private mutating func endJoinFlow(_ linkID: [UInt8]) {
    if let subscription = state.joinFlows[linkID]?.subscription {
      send(LogsRequest.unsubscribe(subscription: subscription), nil)
    }
    state.joinFlows[linkID] = nil
  }

  /// Makes the log, reads it, and announces the key in it.
  private mutating func goOn(
    _ linkID: [UInt8], in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard var flow = state.joinFlows[linkID],
      let row = try transaction.joinLink(linkID: linkID)
    else { return }
    if let retryAt = flow.retryAt, now < retryAt {
      return state.wake(conversation.id, at: retryAt)
    }
    let access = flow.link.access
    // Whoever asks for the way back makes its log.
    guard flow.isMade || flow.isWayBack else {
      guard !state.logs.isOpen(.joinLog(linkID: linkID)) else { return }
      send(
        LogsRequest.createLog(
          logID: access.logID, epoch: 0, tokenHash: Group.tokenHash(access.token)),
        .joinLog(linkID: linkID))
      return
    }
    if flow.subscription == nil {
      flow.subscription = send(
        LogsRequest.subscribe(access, afterSeq: row.cursor, fromEpoch: 0),
        .joinRead(linkID: linkID))
      state.joinFlows[linkID] = flow
    }
    let isDue = row.announcedAt.map { $0 + ClientLimits.joinKeyRenewal <= now } ?? true
    guard flow.caughtUp, isDue, !flow.isWayBack, !state.logs.isOpen(.joinAnnounce(linkID: linkID)),
      let keys = try? flow.entry.keyPair(),
      let body = try? flow.link.seal(JoinKey(publicKey: keys.publicKey), using: &entropy)
    else { return }
    send(
      LogsRequest.append(access, submitID: entropy.bytes(16), isProposal: false, body: body),
      .joinAnnounce(linkID: linkID))
  }

  func linkID(ofSubscription subscription: UInt64) -> [UInt8]? {
    state.joinFlows.first { $0.value.subscription == subscription }?.key
  }

  mutating func joinLogMade(_ linkID: [UInt8]) {
    guard let flow = state.joinFlows[linkID] else { return }
    state.joinFlows[linkID]?.isMade = true
    state.markDirty(flow.conversationID)
  }

  mutating func announced(_ linkID: [UInt8]) throws(ClientStoreFailure) {
    guard var row = try transaction.joinLink(linkID: linkID) else { return }
    row.announcedAt = now
    try transaction.put(row)
  }

  /// The server will not, or not now.
  mutating func joinRefused(_ linkID: [UInt8], _ refusal: ServerRefusal) {
    guard var flow = state.joinFlows[linkID] else { return }
    let wait =
      flow.isWayBack && refusal.code == .notFound
      ? ClientLimits.returnPoll : refusal.retryAfter ?? ClientLimits.refusalWait
    let retryAt = now + wait
    flow.subscription = nil
    flow.caughtUp = false
    flow.isMade = flow.isMade && refusal.code != .notFound
    flow.retryAt = retryAt
    state.joinFlows[linkID] = flow
    state.wake(flow.conversationID, at: retryAt)
  }

  /// Entries of the log of a link.
  mutating func receivedKnocks(
    _ batch: ServerMessage.LogBatch, of linkID: [UInt8]
  ) throws(ClientStoreFailure) {
    guard var flow = state.joinFlows[linkID], let subscription = flow.subscription,
      var row = try transaction.joinLink(linkID: linkID),
      let keys = try? flow.entry.keyPair()
    else { return }
    // A server that has lost the log begins it anew.
    if batch.head < row.cursor {
      row.cursor = 0
      row.announcedAt = nil
      try transaction.put(row)
      let retryAt = now + ClientLimits.refusalWait
      flow.subscription = nil
      flow.retryAt = retryAt
      state.joinFlows[linkID] = flow
      send(LogsRequest.unsubscribe(subscription: subscription), nil)
      return state.wake(flow.conversationID, at: retryAt)
    }
    for item in batch.entries where item.seq > row.cursor {
      row.cursor = item.seq
      if flow.link.open(item.body) != nil {
        row.announcedAt = max(item.acceptedAt, row.announcedAt ?? item.acceptedAt)
      } else if let knock = Knock.open(item.body, with: keys, flow.link) {
        try take(knock, flow, row)
      }
    }
    try transaction.put(row)
    flow.caughtUp = flow.caughtUp || batch.caughtUp
    state.joinFlows[linkID] = flow
    if !batch.entries.isEmpty {
      send(LogsRequest.acknowledge(subscription: subscription, seq: row.cursor), nil)
    }
    state.markDirty(flow.conversationID)
  }

  /// Somebody asks. It is kept when it is new, signed, and the link is open.
  private mutating func take(
    _ knock: Knock, _ flow: JoinFlow, _ row: JoinLinkRow
  ) throws(ClientStoreFailure) {
    let certificate = knock.isSigned(with: flow.link)
    let error = ClientLimits.knockClockError
    // Whoever came in anew hears nothing of what others have dealt with before.
    let early = flow.isWayBack ? Duration.zero : error
    guard let certificate, flow.entry.isOpen(at: now), row.since <= knock.at + early,
      now <= knock.at + ClientLimits.knockLifetime, knock.at <= now + error
    else { return }
    let known = try transaction.knocks(conversationID: flow.conversationID)
    let address = certificate.address.description
    guard try !isBlocked(address) else { return }
    if flow.isWayBack, try !isMember(certificate, of: flow.conversationID) { return }
    if let old = known.first(where: { $0.address == address }) {
      // Whoever was refused is not asked about again, and an old request says nothing. Nobody is
      // brought back again and again.
      let isNew =
        flow.isWayBack
        ? old.linkID != row.linkID || old.at + ClientLimits.returnInterval <= knock.at
        : old.state != .refused && old.at < knock.at
      guard isNew else { return }
    } else if known.count >= ClientLimits.knocksMax {
      return
    }
    try transaction.put(
      KnockRow(
        conversationID: flow.conversationID, address: address, linkID: row.linkID, at: knock.at,
        certificate: knock.certificate.encoded, state: .unchecked, seenAt: now))
  }

  // MARK: Answering

  /// Looks up who asks, and lets in those who may come in by the link alone.
  private mutating func answerKnocks(
    at conversation: ConversationRow, through row: GroupRow
  ) throws(ClientStoreFailure) {
    let asking = try transaction.knocks(conversationID: conversation.id)
      .filter { $0.state == .unchecked }
    guard !asking.isEmpty else { return }
    let members = try group(row).roomMembers
    for var knock in asking {
      guard let flow = state.joinFlows[knock.linkID], flow.entry.isOpen(at: now) else { continue }
      guard flow.isWayBack || members.account(of: knock.address) == nil else {
        knock.state = .admitted
        try transaction.put(knock)
        continue
      }
      guard let certificate = try? DeviceCertificate(decoding: knock.certificate).verified() else {
        throw .corrupt("knock")
      }
      switch try check(certificate, of: knock.address) {
      case .needsManifest(let address):
        wantManifest(of: address)
        state.wake(conversation.id, at: now + ClientLimits.knockCheckWait)
      case .refused:
        // On the way back that is about one device, and the account may ask by a link later.
        knock.state = flow.isWayBack ? .admitted : .refused
        try transaction.put(knock)
      case .trusted where flow.isWayBack:
        try answerReturn(knock, of: certificate, members, conversation, row)
      case .trusted:
        if flow.entry.needsApproval {
          knock.state = .asks
          try transaction.put(knock)
          try tell(
            RoomNotice(
              .knocked, actor: "", subject: knock.address, detail: Hex.encode(knock.linkID)),
            in: conversation, groupID: row.groupID)
        } else {
          try admitInTurn(knock, members, conversation, row)
        }
      }
    }
  }

  /// Of several keepers the first in the order of leaves lets somebody in, the next ones later.
  private mutating func admitInTurn(
    _ knock: KnockRow, _ members: [RoomMember], _ conversation: ConversationRow, _ row: GroupRow
  ) throws(ClientStoreFailure) {
    guard let room = try room(of: conversation) else { return }
    let keepers = members.filter { room.role(of: $0.account) >= .admin }
    guard try isTurn(knock, among: keepers, conversation, row) else { return }
    try admit(knock, in: conversation)
  }

  /// Wants somebody who asked as a member.
  mutating func admit(
    _ knock: KnockRow, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    var knock = knock
    knock.state = .admitted
    try transaction.put(knock)
    try want(.admit(address: knock.address, linkID: knock.linkID), in: conversation)
  }
}
