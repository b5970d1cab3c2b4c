// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// Messages that are pinned in their conversation, for everybody (pins.md). The newest remark upon
/// a message, in the server's order, says whether it is: an annotation whose text is empty for no,
/// and else until when in milliseconds, 0 for no end.
extension ClientStep {
  /// Takes a pin, or its end.
  ///
  /// - Returns: whether the content was one, and has been dealt with.
  mutating func applyPin(
    _ content: MIMIContent, messageID: [UInt8], from member: RoomMember, isOwn: Bool,
    item: ServerMessage.LogItem, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    guard let named = content.inReplyTo?.bytes, let remark = content.pinRemark else {
      return false
    }
    guard try request(from: conversation.address) == nil else { return true }
    if let room = try room(of: conversation), !room.allows(.info, by: member.account) {
      try addNotice(
        "\(member.address) tried to pin a message, and may not.", to: conversation, groupID: [],
        logSeq: item.seq)
      return true
    }
    let row = try transaction.message(conversationID: conversation.id, messageID: named)
    guard let row, row.kind == .text else { return true }
    let earlier = try pins(of: row)
    if let newest = earlier.last {
      let isOnItsWay = try waitForLog([newest].filter(\.own), in: conversation.id)
      guard !isOnItsWay, item.acceptedAt >= newest.at, newest.messageID != messageID else {
        return true
      }
    }
    for pin in earlier { try transaction.removeAnnotation(seq: pin.seq) }
    _ = try transaction.append(
      AnnotationRow(
        conversationID: conversation.id, messageID: messageID, target: named,
        sender: member.address, own: isOwn, kind: .pin, state: isOwn ? .stored : .seen,
        text: pinText(remark, at: item.acceptedAt), at: item.acceptedAt))
    try tell(remark, of: row, by: member.address, in: conversation)
    return true
  }

  /// An own one came back by the log: it stands where the server put it.
  mutating func settlePin(
    _ messageID: [UInt8], at acceptedAt: Instant, in conversationID: [UInt8]
  ) throws(ClientStoreFailure) {
    let own = try transaction.annotations(conversationID: conversationID, messageID: messageID)
    guard var pin = own.first(where: { $0.own && $0.kind == .pin }) else { return }
    if let until = Int64(pin.text), until > 0 {
      pin.text = "\((acceptedAt + (Instant(milliseconds: until) - pin.at)).milliseconds)"
    }
    pin.at = acceptedAt
    pin.state = .stored
    try transaction.update(pin)
  }

  // MARK: Requests

  mutating func answer(
    _ request: ClientPinRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .pin(let address, let messageID, let until):
      var seconds: UInt32 = 0
      if let until {
        let wait: Duration
        switch until {
        case .at(let instant): wait = instant - now
        case .after(let duration): wait = duration
        }
        guard wait >= .seconds(1), wait <= ClientLimits.pinLifetimeMax else {
          return refuse(token, .badRequest, "A message is pinned for a year at most, or for good.")
        }
        seconds = UInt32(clamping: wait.inMilliseconds / 1_000)
      }
      try pin(messageID, .pin(seconds: seconds), with: address, token: token)
    case .unpin(let address, let messageID):
      try pin(messageID, .unpin, with: address, token: token)
    case .list(let address): try reportPinned(with: address, token: token)
    }
  }

  private mutating func pin(
    _ messageID: [UInt8], _ remark: PinContent, with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, row) = try line(messageID, with: address, token) else { return }
    let earlier = try pins(of: row)
    guard remark != .unpin || earlier.last.map(isPinned) == true else {
      return refuse(token, .badRequest, "This message is not pinned.")
    }
    guard try mayWrite(to: address, token) else { return }
    if let room = try room(of: conversation), let own = ownAccount, !room.allows(.info, by: own) {
      return refuse(token, .notPermitted, "The group's permissions do not let this account pin.")
    }
    guard row.state != .failed, try hasRoom(conversation, token),
      let target = MessageID(messageID)
    else { return }
    let content = MIMIContent.pin(
      remark, upon: target, salt: Salt(using: &entropy), extensions: contentExtensions)
    for pin in earlier {
      try transaction.removeAnnotation(seq: pin.seq)
      if pin.isOnItsWay { try unqueue(pin.messageID, in: conversation) }
    }
    guard
      try annotate(
        row, .pin, text: pinText(remark, at: now), at: now, saying: content, in: conversation,
        token) != nil, let own = state.device?.address.description
    else { return }
    try tell(remark, of: row, by: own, in: conversation)
  }

  private mutating func reportPinned(
    with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    var reports: [PinReport] = []
    for pin in try pinned(in: conversation).prefix(ClientLimits.pinnedMax) {
      guard
        let row = try transaction.message(
          conversationID: conversation.id, messageID: pin.target), row.kind == .text
      else { continue }
      let until = Int64(pin.text).flatMap { $0 > 0 ? Instant(milliseconds: $0) : nil }
      reports.append(
        PinReport(line: try historyLine(row), sender: pin.sender, at: pin.at, until: until))
    }
    respond(token, .pinned(reports))
  }

  // MARK: What is kept

  /// Remarks upon a message, the one that counts last.
  private func pins(of row: MessageRow) throws(ClientStoreFailure) -> [AnnotationRow] {
    try annotations(of: row).filter { $0.kind == .pin && $0.state != .failed }
      .sorted { left, right in
        left.isOnItsWay == right.isOnItsWay
          ? (left.at, left.seq) < (right.at, right.seq) : right.isOnItsWay
      }
  }

  /// What is pinned now, the newest first.
  private func pinned(
    in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> [AnnotationRow] {
    try transaction.annotations(conversationID: conversation.id, kind: .pin)
      .filter { $0.state != .failed && isPinned($0) }
      .sorted { ($0.at, $0.seq) > ($1.at, $1.seq) }
  }

  private func isPinned(_ pin: AnnotationRow) -> Bool {
    guard let until = Int64(pin.text) else { return false }
    return until == 0 || now < Instant(milliseconds: until)
  }

  private func pinText(_ remark: PinContent, at: Instant) -> String {
    switch remark {
    case .pin(0): "0"
    case .pin(let seconds):
      "\((at + min(.seconds(Int64(seconds)), ClientLimits.pinLifetimeMax)).milliseconds)"
    case .unpin: ""
    }
  }

  private mutating func tell(
    _ remark: PinContent, of row: MessageRow, by sender: String, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let isPinned = remark != .unpin
    try addNotice(
      isPinned ? "\(sender) pinned a message." : "\(sender) unpinned a message.",
      to: conversation, groupID: [])
    try emit(
      .pinChanged(messageID: row.messageID, sender: sender, pinned: isPinned),
      address: conversation.address)
  }
}
