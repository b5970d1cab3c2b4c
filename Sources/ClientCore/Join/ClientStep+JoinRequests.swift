// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

/// What the user asks about join links.
extension ClientStep {
  mutating func answer(
    _ request: ClientJoinRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .open(let reference, let until, let uses, let needsApproval):
      try openJoinLink(
        reference, until: until, uses: uses, needsApproval: needsApproval, token: token)
    case .links(let reference): try reportJoinLinks(reference, token: token)
    case .close(let reference, let linkID):
      try closeJoinLink(reference, linkID: linkID, token: token)
    case .knocks(let reference): try reportKnocks(reference, token: token)
    case .answer(let reference, let address, let admitting):
      try answerKnock(reference, address: address, admitting: admitting, token: token)
    case .knock(let link): try knock(link, token: token)
    case .ownKnocks: try reportOwnKnocks(token)
    case .withdraw(let reference): try withdrawKnock(reference, token: token)
    }
  }

  /// Opens a link. It works once the commit that opens it is through.
  private mutating func openJoinLink(
    _ reference: String, until: ScheduleTime?, uses: UInt32?, needsApproval: Bool,
    token: RequestToken
  ) throws(ClientStoreFailure) {
    let expires: Instant? =
      switch until {
      case .at(let instant): instant
      case .after(let wait): now + wait
      case nil: nil
      }
    if let expires {
      guard now < expires, expires <= now + ClientLimits.joinLinkLifetimeMax else {
        return refuse(token, .badRequest, "A link ends later than now and within a year.")
      }
    }
    guard uses.map({ $0 > 0 && $0 <= ClientLimits.joinLinkUsesMax }) ?? true else {
      return refuse(token, .badRequest, "A link has 1 to 10,000 uses.")
    }
    guard let room = RoomReference(reference) else {
      return refuse(token, .unknownConversation, "There is no group of this name.")
    }
    let entry = JoinLinkEntry(
      seed: entropy.bytes(JoinLinkEntry.seedLength), expires: expires,
      uses: uses ?? JoinLinkEntry.unlimited, needsApproval: needsApproval)
    guard let link = try? entry.link(to: room) else {
      return refuse(token, .internalFailure, "The platform gives no keys.")
    }
    let before = effects.count
    try changeRoom(reference, .openLink(entry), token: token)
    guard case .answer(token, .success)? = effects.dropFirst(before).last else { return }
    effects.removeLast()
    respond(token, .joinLink(report(entry, link, isOpen: false)))
  }

  private mutating func reportJoinLinks(
    _ reference: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, room) = try knownRoom(reference, token) else { return }
    guard let name = room.reference else { throw .corrupt("room") }
    var entries = room.links.map { ($0, true) }
    for row in try transaction.roomChanges(conversationID: conversation.id) {
      guard case .openLink(let entry)? = try? RoomChange(decoding: row.change) else { continue }
      entries.append((entry, false))
    }
    respond(
      token,
      .joinLinks(
        entries.compactMap { entry, isOpen in
          (try? entry.link(to: name)).map { report(entry, $0, isOpen: isOpen) }
        }))
  }

  private func report(
    _ entry: JoinLinkEntry, _ link: JoinLink, isOpen: Bool
  ) -> JoinLinkReport {
    JoinLinkReport(
      linkID: Hex.encode(entry.linkID), link: link.text, expires: entry.expires,
      uses: entry.uses == JoinLinkEntry.unlimited ? nil : entry.uses,
      needsApproval: entry.needsApproval, isOpen: isOpen)
  }

  private mutating func closeJoinLink(
    _ reference: String, linkID: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let bytes = Hex.decode(linkID), bytes.count == JoinLinkEntry.idLength else {
      return refuse(token, .badRequest, "A link is named by 32 hexadecimal digits.")
    }
    try changeRoom(reference, .closeLink(bytes), token: token)
  }

  /// Those who wait for somebody to say yes.
  private mutating func reportKnocks(
    _ reference: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, _) = try knownRoom(reference, token) else { return }
    let waiting = try transaction.knocks(conversationID: conversation.id)
      .filter { $0.state == .asks }
    respond(
      token,
      .knocks(
        waiting.map { row in
          KnockReport(address: row.address, linkID: Hex.encode(row.linkID), at: row.at)
        }))
  }

  /// Somebody who may add people says yes or no.
  private mutating func answerKnock(
    _ reference: String, address: String, admitting: Bool, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, room) = try knownRoom(reference, token) else { return }
    guard let own = ownAccount, conversation.phase == .open, room.allows(.add, by: own) else {
      return refuse(token, .notPermitted, RoomViolation.adding.rawValue)
    }
    let asks = try transaction.knocks(conversationID: conversation.id)
      .first { $0.address == address && $0.state == .asks }
    guard var knock = asks else {
      return refuse(token, .unknownAddress, "Nobody of this address asks to come in.")
    }
    if admitting {
      try admit(knock, in: conversation)
    } else {
      knock.state = .refused
      try transaction.put(knock)
    }
    respond(token, .accepted)
  }

  private mutating func knownRoom(
    _ reference: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> (ConversationRow, RoomState)? {
    guard try registered(token) != nil else { return nil }
    guard let conversation = try transaction.conversation(address: reference),
      RoomReference.isOne(reference), let room = try room(of: conversation)
    else {
      refuse(token, .unknownConversation, "There is no group of this name.")
      return nil
    }
    return (conversation, room)
  }
}
