// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import MLS
import SansIO

/// Handing a member of a group what was said before (history-grants.md): the act that all members
/// see. What is handed over goes as between own devices.
extension ClientStep {
  mutating func grantHistory(
    _ extent: HistoryExtent, to address: String, in reference: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard extent.last != 0, extent.last != nil || extent.since != nil else {
      return refuse(token, .badRequest, "How much is to be handed over has to be said.")
    }
    guard let conversation = try transaction.conversation(address: reference),
      RoomReference.isOne(reference)
    else { return refuse(token, .unknownConversation, "There is no group of this name.") }
    guard conversation.phase != .left, conversation.phase != .leaving else {
      return refuse(token, .notAMember, "This account is no member of the group any more.")
    }
    guard conversation.phase == .open, let row = try sendingGroup(of: conversation),
      let own = ownAccount, let room = try room(of: conversation)
    else { return refuse(token, .outOfStep, "This device has lost step with the group.") }
    guard room.role(of: own) >= .admin else {
      return refuse(token, .notPermitted, "Only admins hand over what was said before.")
    }
    let devices = try group(row).roomMembers.filter { $0.address == address }
    guard let account = devices.first?.account else {
      return refuse(token, .notAMember, "This account is not a member of the group.")
    }
    guard account != own else {
      return refuse(token, .badRequest, "Own devices are given history by device share-history.")
    }
    try forgetFinishedGrants()
    let grants = try transaction.historyRows().filter(\.isGrant)
    guard
      !grants.contains(where: {
        $0.role == .giver && $0.conversationID == conversation.id && $0.peer == address
      })
    else { return refuse(token, .badRequest, "This member is being given history already.") }
    guard grants.count + devices.count <= ClientLimits.grantRowsMax else {
      return refuse(token, .quotaExceeded, "Too much history is on its way.")
    }
    guard try hasRoom(conversation, token) else { return }
    guard try queueGrant(extent, to: devices, in: conversation, row, room) else {
      return refuse(token, .internalFailure, "The platform gives no keys.")
    }
    respond(token, .accepted)
  }

  /// Nothing is given before the message that says so is in the log: the rows wait for that.
  private mutating func queueGrant(
    _ extent: HistoryExtent, to devices: [RoomMember], in conversation: ConversationRow,
    _ row: GroupRow, _ room: RoomState
  ) throws(ClientStoreFailure) -> Bool {
    let group = try group(row)
    var keys: [HistoryGrant.Key] = []
    var rows: [HistoryRow] = []
    for device in devices.prefix(ClientLimits.grantDevicesMax) {
      let secret = Secret(count: HistoryGrant.secretLength, using: &entropy)
      let number = device.deviceID.rawValue
      guard let leaf = group.leafNode(at: device.leaf),
        let key = try? HistoryGrant.key(
          secret, for: number, leafKey: leaf.encryptionKey, in: room.roomID),
        !keys.contains(where: { $0.deviceID == number })
      else { continue }
      keys.append(key)
      rows.append(
        HistoryRow(
          logID: HistoryChannel(secret: secret).logID, role: .giver, deviceID: number,
          secret: secret, since: extent.since, remaining: extent.last ?? .max, createdAt: now,
          conversationID: conversation.id, peer: device.address))
    }
    guard let first = devices.first, !keys.isEmpty else { return false }
    for row in rows { try transaction.put(row) }
    state.hasHistory = true
    let grant = HistoryGrant(
      grantee: first.address, account: first.account, extent: extent, keys: keys)
    let content = MIMIContent.historyGrant(
      grant, salt: Salt(using: &entropy), extensions: contentExtensions)
    try queue(content.encoded, kind: .report, messageID: [], in: conversation)
    state.markDirty(conversation.id)
    return true
  }

  /// An own message came back by the log. If it hands history over, that begins now; to devices
  /// that have renewed their keys before it came, it is said again.
  mutating func grantIsInLog(_ outbox: OutboxRow) throws(ClientStoreFailure) {
    guard let content = try? MIMIContent(decoding: outbox.content),
      let bytes = content.historyGrantBytes, let grant = try? HistoryGrant(decoding: bytes),
      let conversation = try transaction.conversation(id: outbox.conversationID),
      let row = try transaction.group(id: outbox.groupID), row.phase == .active,
      let own = state.device, let room = try room(of: conversation)
    else { return }
    let group = try group(row)
    let mayGive = room.role(of: own.accountID) >= .admin
    var missed: [RoomMember] = []
    for var history in try transaction.historyRows()
    where history.isGrant && history.role == .giver && history.phase == .waiting
      && history.conversationID == conversation.id && history.peer == grant.grantee
    {
      let key = grant.keys.first { $0.deviceID == history.deviceID }
      let member = group.roomMembers.first {
        $0.account == grant.account && $0.deviceID.rawValue == history.deviceID
      }
      guard mayGive, let key, let member, let leaf = group.leafNode(at: member.leaf) else {
        try forgetHistory(history)
        continue
      }
      guard Fingerprint(hashing: leaf.encryptionKey) == key.leafKeyHash else {
        try forgetHistory(history)
        missed.append(member)
        continue
      }
      history.phase = .active
      try transaction.put(history)
    }
    state.hasHistory = true
    wakeHistory(at: now)
    // The others do not count what somebody says who may not.
    guard mayGive else { return }
    try tell(
      RoomNotice(
        .granted, actor: own.address.description, subject: grant.grantee,
        detail: grant.extent.shown), in: conversation, groupID: row.groupID)
    if !missed.isEmpty {
      _ = try queueGrant(grant.extent, to: missed, in: conversation, row, room)
    }
  }

  /// Somebody hands history over, to whomever.
  mutating func apply(
    grant bytes: [UInt8], from member: RoomMember, logSeq: UInt64,
    in conversation: ConversationRow, _ row: GroupRow
  ) throws(ClientStoreFailure) {
    guard RoomReference.isOne(conversation.address), let room = try room(of: conversation),
      let device = state.device
    else { return }
    let group = try group(row)
    guard let grant = try? HistoryGrant(decoding: bytes), grant.account != member.account,
      room.role(of: member.account) >= .admin,
      group.roomMembers.contains(where: {
        $0.account == grant.account && $0.address == grant.grantee
      })
    else {
      return try addNotice(
        "\(member.address) tried to hand over what was said before, and may not.",
        to: conversation, groupID: row.groupID, logSeq: logSeq)
    }
    try tell(
      RoomNotice(
        .granted, actor: member.address, subject: grant.grantee, detail: grant.extent.shown),
      in: conversation, groupID: row.groupID)
    guard grant.account == device.accountID,
      let secret = grant.secret(
        for: device.device.deviceID.rawValue, in: group, room.roomID)
    else { return }
    try forgetFinishedGrants()
    // What the same member has handed over before, and did not arrive, this takes the place of.
    for old in try transaction.historyRows()
    where old.isGrant && old.role == .taker && old.conversationID == conversation.id
      && old.peer == member.address
    {
      try forgetHistory(old)
    }
    let grants = try transaction.historyRows().filter { $0.isGrant && $0.role == .taker }
    guard grants.count < ClientLimits.grantRowsMax else { return }
    try transaction.put(
      HistoryRow(
        logID: HistoryChannel(secret: secret).logID, role: .taker, deviceID: 0, secret: secret,
        createdAt: now, conversationID: conversation.id, peer: member.address))
    state.hasHistory = true
    wakeHistory(at: now)
  }

  private mutating func forgetFinishedGrants() throws(ClientStoreFailure) {
    for row in try transaction.historyRows()
    where row.isGrant && (row.phase == .done || row.phase == .failed) {
      try forgetHistory(row)
    }
  }

  /// Whether history goes on now: in a group only while the conversation is wanted, and is given
  /// only to a member. What has no future is forgotten.
  mutating func goesOn(_ row: HistoryRow) throws(ClientStoreFailure) -> Bool {
    guard row.isGrant else { return true }
    guard let conversation = try transaction.conversation(id: row.conversationID),
      conversation.phase != .left, conversation.phase != .leaving
    else {
      try forgetHistory(row)
      return false
    }
    guard conversation.phase == .open, try maySend(in: conversation) else { return false }
    guard row.role == .giver else { return true }
    guard let group = try sendingGroup(of: conversation) else { return false }
    let isMember = try self.group(group).roomMembers.contains { $0.address == row.peer }
    if !isMember { try forgetHistory(row) }
    return isMember
  }

  /// Where what is told of history belongs: the group, or this account.
  func historyPlace(_ row: HistoryRow) throws(ClientStoreFailure) -> String {
    if row.isGrant, let found = try transaction.conversation(id: row.conversationID) {
      return found.address
    }
    return state.device?.address.description ?? ""
  }

  /// All was taken in: a line says whose word it is.
  mutating func noteGranted(_ row: HistoryRow) throws(ClientStoreFailure) {
    guard row.isGrant, let conversation = try transaction.conversation(id: row.conversationID)
    else { return }
    let missing = row.missing == 0 ? "" : " \(row.missing) could not be had."
    try addNotice(
      "\(row.peer) has handed over \(row.messages) messages from before. Who said them, and what, "
        + "is \(row.peer)'s word." + missing, to: conversation, groupID: [])
  }
}

extension HistoryRow {
  /// It goes to a member of a group, and not to an own device.
  package var isGrant: Bool { !conversationID.isEmpty }
}
