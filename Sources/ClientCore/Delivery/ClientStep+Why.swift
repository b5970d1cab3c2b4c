// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Why a message is in the state that it is in, from what is stored and what is connected now.
extension ClientStep {
  mutating func reportWhy(
    _ name: LineName, with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let account = try registered(token) else { return }
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    let row: MessageRow?
    switch name {
    case .message(let id):
      row =
        id.isEmpty
        ? nil : try transaction.message(conversationID: conversation.id, messageID: id)
    case .line(let seq): row = try transaction.message(seq: seq)
    }
    guard let row, row.conversationID == conversation.id, row.kind != .removed else {
      return refuse(token, .unknownMessage, "There is no such line in the conversation.")
    }
    var reasons: [WhyReason] = []
    let origin = try transaction.origin(seq: row.seq)
    if let origin { reasons.append(.comes(origin)) }
    switch row.kind {
    case .undecryptable: reasons.append(.noKey)
    case .gap: reasons.append(.wasDeletedOnServer)
    case .notice: reasons.append(.isNotice)
    case .deleted: reasons.append(.isDeleted)
    case .text where try transaction.imported(seq: row.seq) != nil:
      return respond(token, .why([.wasImported]))
    case .text:
      if row.own {
        reasons += try reasonsOfOwn(row, in: conversation, of: account)
      } else if origin == nil {
        reasons.append(.isAuthentic)
      }
    default: break
    }
    let other = row.own ? conversation.address : row.sender
    if row.kind == .text && origin == nil || row.kind == .undecryptable {
      reasons += try reasonsOfIdentity(other)
    }
    respond(token, .why(reasons))
  }

  private mutating func reasonsOfOwn(
    _ row: MessageRow, in conversation: ConversationRow, of account: AccountRow
  ) throws(ClientStoreFailure) -> [WhyReason] {
    if conversation.address == account.address { return [.isNote] }
    switch row.state {
    case .read: return [.wasRead]
    case .delivered: return [.wasDelivered]
    case .stored: return [.wasStored]
    case .failed: return [.hasFailed(ClientFailureCode(rawValue: row.failure))]
    case .queued, .protected: break
    case .received, .seen: return []
    }
    var reasons: [WhyReason] = []
    if conversation.phase == .blocked { reasons.append(.isBlocked) }
    let files = try transaction.uploads(
      conversationID: conversation.id, messageID: row.messageID)
    if files.contains(where: { $0.phase != .done }) { reasons.append(.filesAreOnTheirWay) }
    if state.logs.phase != .ready || state.inbox.phase != .ready {
      reasons.append(.serverIsAway(state.connectionFailure))
    } else if reasons.contains(.filesAreOnTheirWay) {
      return reasons
    } else if row.state == .protected {
      reasons.append(.hasLeft)
    } else if conversation.phase == .idle || conversation.phase == .starting {
      reasons.append(.keysAreAwaited)
    } else if let group = try sendingGroup(of: conversation),
      try waitsForMembers(conversation, in: group)
    {
      reasons.append(.membersAreAwaited)
    } else if conversation.phase != .blocked {
      reasons.append(.othersAreFirst)
    }
    return reasons
  }

  private func reasonsOfIdentity(
    _ address: String
  ) throws(ClientStoreFailure) -> [WhyReason] {
    guard let peer = try transaction.peer(address: address) else { return [] }
    switch peer.standing {
    case .identityChanged: return [.keyHasChanged]
    case .contradicted: return [.listIsContradicted]
    case .trusted: return [peer.verifiedAt == nil ? .wasNeverCompared : .wasCompared]
    }
  }
}

/// What is said, and what to do.
extension WhyReason {
  fileprivate static let noKey = WhyReason(
    .undecryptable, "This device has no key for it: it was damaged, forged, or came too late.",
    advice: "Ask its sender to send it again.")
  fileprivate static let wasDeletedOnServer = WhyReason(
    .gap, "The server deleted messages before this device had read them.",
    advice: "Ask the other side what they said meanwhile.")
  fileprivate static let isNotice = WhyReason(.notice, "This program says so itself.")
  fileprivate static let isDeleted = WhyReason(.deleted, "Its sender took it back.")
  fileprivate static let isAuthentic = WhyReason(
    .authentic, "It came from a device that its sender's account has signed.")
  fileprivate static let wasImported = WhyReason(
    .imported, "It came out of an export that this account signed; MLS does not vouch for it.",
    advice: "Ask its sender, if it matters who said it.")
  fileprivate static let isNote = WhyReason(.note, "It is a note to self; it does not leave.")
  fileprivate static let wasRead = WhyReason(.read, "The recipient has read it.")
  fileprivate static let wasDelivered = WhyReason(
    .delivered, "A device of the recipient has it.",
    advice: "Nothing: that it was read is said when it is, if at all.")
  fileprivate static let wasStored = WhyReason(
    .stored, "The server has it; no device of the recipient has said that it has come.",
    advice: "Nothing: it is delivered when a device of theirs connects.")
  fileprivate static let filesAreOnTheirWay = WhyReason(
    .waitsForFiles, "The server does not have its files yet.",
    advice: "Wait: it leaves with the last of them. See sotto transfers.")
  fileprivate static let hasLeft = WhyReason(
    .waitsForAnswer, "It has left, and the server has not answered.",
    advice: "Wait a moment; it is sent again by itself.")
  fileprivate static let keysAreAwaited = WhyReason(
    .waitsForConversation, "The keys of the other side are being asked for.",
    advice: "Wait a moment; when it lasts, look at the address.")
  fileprivate static let membersAreAwaited = WhyReason(
    .waitsForConversation, "Nobody else is in the group yet.",
    advice: "Wait a moment: it leaves once those whom you asked in are members.")
  fileprivate static let othersAreFirst = WhyReason(
    .waitsForTurn, "Other messages, or new keys, are sent before it.", advice: "Wait a moment.")
  fileprivate static let isBlocked = WhyReason(
    .blocked, "The conversation is stopped, because an identity in it is in doubt.",
    advice: "Compare the safety number by another way before anything else.")
  fileprivate static let keyHasChanged = WhyReason(
    .identityChanged, "The directory offers another identity key than the pinned one.",
    advice: "Ask by another way whether they made a new account; if so: sotto identity accept.")
  fileprivate static let listIsContradicted = WhyReason(
    .devicesContradicted, "Different device lists of this account were shown.",
    advice: "Ask by another way which devices they have, and tell the operator.")
  fileprivate static let wasNeverCompared = WhyReason(
    .unverified, "The safety number was never compared.",
    advice: "Compare it in person or on the phone: sotto safety-number.")
  fileprivate static let wasCompared = WhyReason(.verified, "The safety number was compared.")

  fileprivate static func comes(_ origin: OriginRow) -> WhyReason {
    switch origin.origin {
    case .ownHistory:
      WhyReason(.ownHistory, "Another device of this account has decrypted it and handed it over.")
    case .granted:
      WhyReason(
        .granted,
        "\(origin.giver) handed it over. Who said it, and what, is their word alone: no signature "
          + "of its sender vouches for it.",
        advice: "Ask its sender, if it matters who said it.")
    }
  }

  fileprivate static func serverIsAway(_ failure: ClientFailureCode?) -> WhyReason {
    WhyReason(
      .waitsForServer, "It has not left: the server is not connected.",
      advice: failure == .wrongInvite
        ? "The server has another certificate than the pinned one: ask the operator."
        : "Nothing: it leaves by itself when the server can be reached. See sotto status.",
      failure: failure)
  }

  fileprivate static func hasFailed(_ failure: ClientFailureCode?) -> WhyReason {
    let advice =
      switch failure {
      case .unknownAddress, .unknownDomain: "Look at the address: nobody has it here."
      case .noDevices: "They have to open their program first; then send it again."
      case .identityChanged, .manifestInvalid, .manifestRollback, .ghostDevice,
        .keyPackageInvalid:
        "Settle by another way who they are, then send it again."
      case .messageTooLarge: "Send it in parts."
      case .rateLimited, .quotaExceeded: "Wait, then send it again."
      default: "Send it again."
      }
    return WhyReason(.failed, "It will not be sent.", advice: advice, failure: failure)
  }
}
