// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Coming back into a group with the help of others: asking, and answering (groups.md, lost step).
extension ClientStep {
  // MARK: Asking

  /// This device asks to be added anew, until a Welcome comes.
  mutating func askToReturn(
    to conversation: ConversationRow, _ row: GroupRow
  ) throws(ClientStoreFailure) {
    guard let link = try returnLink(to: conversation, row)?.link else { return }
    let secret = Secret(Array(link.text.utf8))
    let known = try transaction.ownKnocks().first { $0.reference == conversation.address }
    if let known, known.link.constantTimeEquals(secret) { return }
    try forgetKnock(conversation.address)
    try transaction.put(
      OwnKnockRow(reference: conversation.address, link: secret, createdAt: now))
    state.knockAt = now
  }

  private mutating func returnLink(
    to conversation: ConversationRow, _ row: GroupRow
  ) throws(ClientStoreFailure) -> (link: JoinLink, entry: JoinLinkEntry)? {
    guard let room = try room(of: conversation), let reference = room.reference,
      let entry = room.returnEntry(of: row.routingID), let link = try? entry.link(to: reference)
    else { return nil }
    return (link, entry)
  }

  /// The way back that an own request is for; nil when it is one by a join link.
  mutating func wayBack(
    _ knock: OwnKnockRow
  ) throws(ClientStoreFailure) -> (link: JoinLink, entry: JoinLinkEntry)? {
    guard let conversation = try transaction.conversation(address: knock.reference) else {
      return nil
    }
    for row in try transaction.groups(conversationID: conversation.id)
    where row.phase == .outOfStep {
      guard let found = try returnLink(to: conversation, row),
        knock.link.constantTimeEquals(Secret(Array(found.link.text.utf8)))
      else { continue }
      return found
    }
    return nil
  }

  /// Nothing leaves for a group that was not accepted, or while somebody's identity is in doubt.
  mutating func mayAskToReturn(to reference: String) throws(ClientStoreFailure) -> Bool {
    guard let conversation = try transaction.conversation(address: reference),
      conversation.phase != .blocked
    else { return false }
    return try maySend(in: conversation)
  }

  /// The log may not be there yet: whoever asks first makes it.
  mutating func makeReturnLog(_ link: JoinLink, reference: String) {
    guard !state.logs.isOpen(.returnLog(reference: reference)) else { return }
    send(
      LogsRequest.createLog(
        logID: link.access.logID, epoch: 0, tokenHash: Group.tokenHash(link.access.token)),
      .returnLog(reference: reference))
  }

  /// The log is there. Members know the key that requests are sealed to.
  mutating func returnLogMade(_ reference: String) throws(ClientStoreFailure) {
    guard let device = state.device,
      let row = try transaction.ownKnocks().first(where: { $0.reference == reference }),
      let (link, entry) = try wayBack(row), let keys = try? entry.keyPair(),
      let body = try? Knock(by: device, with: link, at: now)
        .sealed(to: JoinKey(publicKey: keys.publicKey), with: link)
    else { return }
    send(
      LogsRequest.append(link.access, submitID: entropy.bytes(16), isProposal: false, body: body),
      .knock(reference: reference))
  }

  // MARK: Answering

  /// Whether a request on the way back is looked at: nobody is heard there but devices that are in
  /// the group, so what strangers and those who went out put there costs nothing more.
  mutating func isMember(
    _ certificate: VerifiedDeviceCertificate, of conversationID: [UInt8]
  ) throws(ClientStoreFailure) -> Bool {
    guard let conversation = try transaction.conversation(id: conversationID),
      let row = try sendingGroup(of: conversation)
    else { return false }
    return try group(row).roomMembers.contains { $0.isDevice(of: certificate) }
  }

  /// Somebody who has lost step asks. Members are added anew, each a few times a day at most; who
  /// is no member any more has no way back here.
  mutating func answerReturn(
    _ knock: KnockRow, of certificate: VerifiedDeviceCertificate, _ members: [RoomMember],
    _ conversation: ConversationRow, _ row: GroupRow
  ) throws(ClientStoreFailure) {
    var knock = knock
    // It may have been done already.
    guard isCaughtUp(row) else {
      return state.wake(conversation.id, at: now + ClientLimits.knockCheckWait)
    }
    guard members.contains(where: { $0.isDevice(of: certificate) }), let own = ownAccount else {
      knock.state = .admitted
      return try transaction.put(knock)
    }
    let isOwn = certificate.accountID == own
    let mayHelp =
      try room(of: conversation)?.mayBringBack(certificate.accountID, by: own, among: members)
      ?? false
    guard isOwn || mayHelp,
      try isTurnToBringBack(knock, certificate, members, conversation, row)
    else { return }
    // A device whose entry in the manifest has lapsed could not come in again at once: it renews it
    // first.
    guard !isOwn || isLive(certificate.deviceID) else {
      return state.wake(conversation.id, at: now + ClientLimits.returnPoll)
    }
    knock.state = .admitted
    try transaction.put(knock)
    guard !isOwn else { return try bringBackOwn(certificate.deviceID, members, row) }
    guard try want(.renew(address: knock.address), in: conversation) else { return }
    try addNotice(
      "\(knock.address) has lost step with the group and is added again.", to: conversation,
      groupID: row.groupID)
  }

  /// Whether the own manifest, as this device knows it, lets another own device come in.
  private func isLive(_ deviceID: DeviceID) -> Bool {
    guard let device = state.device,
      let manifest = state.manifests[device.address.description]?.manifest
    else { return false }
    return manifest.devices.contains { $0.id == deviceID && now < $0.expires }
  }

  /// Another own device: its leaf goes, and then it comes in as any own device that is missing.
  private mutating func bringBackOwn(
    _ deviceID: DeviceID, _ members: [RoomMember], _ row: GroupRow
  ) throws(ClientStoreFailure) {
    guard deviceID != state.device?.device.deviceID else { return }
    let group = try group(row)
    let leaves = members.filter { $0.account == ownAccount && $0.deviceID == deviceID }
    state.ownReturning[row.groupID, default: []].formUnion(
      leaves.compactMap { group.leafNode(at: $0.leaf)?.encryptionKey })
    state.markDirty(row.conversationID)
  }

  /// Other devices of the account are first, since they need not be taken out themselves; then
  /// those who may add people, or all when there is nobody who may, each in the order of leaves.
  private mutating func isTurnToBringBack(
    _ knock: KnockRow, _ certificate: VerifiedDeviceCertificate, _ members: [RoomMember],
    _ conversation: ConversationRow, _ row: GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    guard let room = try room(of: conversation) else { return false }
    let others = members.filter { member in
      member.account == certificate.accountID && member.deviceID != certificate.deviceID
    }
    guard certificate.accountID != ownAccount else {
      return try isTurn(knock, among: others, conversation, row)
    }
    let keepers = members.filter { member in
      room.mayBringBack(certificate.accountID, by: member.account, among: members)
    }
    return try isTurn(
      knock, among: keepers, after: others.isEmpty ? .zero : ClientLimits.returnByOwnWait,
      conversation, row)
  }

  /// Of several who could do something the first in the order of leaves does it, the next ones
  /// later.
  mutating func isTurn(
    _ knock: KnockRow, among keepers: [RoomMember], after wait: Duration = .zero,
    _ conversation: ConversationRow, _ row: GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    let ownLeaf = try group(row).ownLeafIndex
    let rank = keepers.firstIndex { $0.leaf == ownLeaf } ?? 0
    let due =
      knock.seenAt + wait
      + .milliseconds(
        Int64(min(rank, ClientLimits.proposalRankMax)) * ClientLimits.proposalRankWait)
    guard due > now else { return true }
    state.wake(conversation.id, at: due)
    return false
  }

  /// Whoever a commit brings in needs no more help; and a request that led to it, or that is read
  /// only now, does not lead to another.
  mutating func noteReturned(
    _ staged: StagedCommit, of group: Group, in conversation: ConversationRow, _ row: GroupRow
  ) throws(ClientStoreFailure) {
    let added = staged.added.compactMap(RoomMember.init)
    guard !added.isEmpty else { return }
    for var knock in try transaction.knocks(conversationID: conversation.id)
    where knock.state == .unchecked && added.account(of: knock.address) != nil {
      knock.state = .admitted
      try transaction.put(knock)
    }
    let members = Set(group.roomMembers.map(\.account))
    guard added.contains(where: { members.contains($0.account) }),
      let entry = try room(of: conversation)?.returnEntry(of: row.routingID)
    else { return }
    for member in added where members.contains(member.account) {
      try transaction.put(
        KnockRow(
          conversationID: conversation.id, address: member.address, linkID: entry.linkID, at: now,
          certificate: [], state: .admitted, seenAt: now))
    }
  }
}

extension RoomMember {
  /// Whether the leaf is that of the device that a certificate is of.
  fileprivate func isDevice(of certificate: VerifiedDeviceCertificate) -> Bool {
    account == certificate.accountID && deviceID == certificate.deviceID
      && address == certificate.address.description
  }
}
