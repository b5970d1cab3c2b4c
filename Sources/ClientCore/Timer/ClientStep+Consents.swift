// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// Messages that disappear, and whose authors let them be kept (timers.md). What the author says
/// has a turn that counts up, so that nobody between can bring an earlier word after a later one.
extension ClientStep {
  /// Takes what somebody says about pinning or keeping a message.
  ///
  /// - Returns: whether the content was that, and has been dealt with.
  mutating func applyRemark(
    _ content: MIMIContent, messageID: [UInt8], from member: RoomMember, isOwn: Bool,
    item: ServerMessage.LogItem, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    if try applyPin(
      content, messageID: messageID, from: member, isOwn: isOwn, item: item, in: conversation)
    {
      return true
    }
    return try applyKeep(
      content, messageID: messageID, from: member, isOwn: isOwn, item: item, in: conversation)
  }

  /// Takes what somebody says about keeping a message.
  ///
  /// - Returns: whether the content was that, and has been dealt with.
  private mutating func applyKeep(
    _ content: MIMIContent, messageID: [UInt8], from member: RoomMember, isOwn: Bool,
    item: ServerMessage.LogItem, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    guard let named = content.inReplyTo?.bytes, let remark = content.keepRemark else {
      return false
    }
    guard try request(from: conversation.address) == nil,
      // What has disappeared, or never was here, is not kept by a later word.
      let row = try transaction.message(conversationID: conversation.id, messageID: named),
      row.kind == .text
    else { return true }
    let isAuthor = row.sender == member.address
    guard isAuthor == remark.isAuthors else {
      if !isAuthor {
        try addNotice(
          "\(member.address) tried to let a message be kept that is not theirs.",
          to: conversation, groupID: [], logSeq: item.seq)
      }
      return true
    }
    if case .refuse = remark, try transaction.imported(seq: row.seq) != nil {
      // It came out of an export, where nothing says that it was kept.
      try wipe(row, leaving: .expired, in: conversation)
      return true
    }
    guard try transaction.timer(seq: row.seq) != nil else { return true }
    let said = AnnotationRow(
      conversationID: conversation.id, messageID: messageID, target: named,
      sender: member.address, own: isOwn, kind: .keep, state: isOwn ? .stored : .seen,
      text: remark.stored, at: item.acceptedAt)
    try isAuthor ? decided(remark, said, of: row) : asked(remark, said, of: row)
    return true
  }

  private mutating func decided(
    _ remark: KeepContent, _ said: AnnotationRow, of row: MessageRow
  ) throws(ClientStoreFailure) {
    let earlier = try decision(of: row)
    if let earlier, remark.rank <= earlier.remark.rank { return }
    if let row = earlier?.row { try transaction.removeAnnotation(seq: row.seq) }
    _ = try transaction.append(said)
    try settleKeeping(of: row, after: earlier?.remark, remark, by: said.sender)
  }

  private mutating func asked(
    _ remark: KeepContent, _ said: AnnotationRow, of row: MessageRow
  ) throws(ClientStoreFailure) {
    // Nobody is asked again who has answered.
    guard try decision(of: row) == nil else { return }
    let earlier = try keeps(of: row).first { $0.sender == said.sender }
    if let earlier, earlier.isOnItsWay || said.at < earlier.at { return }
    guard earlier?.keepRemark ?? .withdraw != remark else { return }
    if let earlier { try transaction.removeAnnotation(seq: earlier.seq) }
    _ = try transaction.append(said)
    try tell(remark == .ask ? .asked : .withdrawn, of: row, by: said.sender)
  }

  /// The author has said something else than before.
  private mutating func settleKeeping(
    of row: MessageRow, after before: KeepContent?, _ remark: KeepContent, by sender: String
  ) throws(ClientStoreFailure) {
    let change: KeepChange
    switch (remark.isAcceptance, before?.isAcceptance ?? false) {
    case (true, false): change = .kept
    case (false, true): change = .ended
    case (false, false): change = .refused
    case (true, true): return
    }
    try tell(change, of: row, by: sender)
    try updateKeeping(of: row)
  }

  /// Makes the timer stand still, or count again: what it had counted to before holds, and when
  /// that is over the message goes at once.
  mutating func updateKeeping(of row: MessageRow) throws(ClientStoreFailure) {
    guard var timer = try transaction.timer(seq: row.seq) else { return }
    let isKept = try decision(of: row)?.remark.isAcceptance ?? false
    guard timer.isKept != isKept else { return }
    timer.isKept = isKept
    try transaction.put(timer)
    if !isKept { try expire() }
  }

  /// An own one came back by the log: it stands where the server put it.
  mutating func settleAsking(
    _ messageID: [UInt8], at acceptedAt: Instant, in conversationID: [UInt8]
  ) throws(ClientStoreFailure) {
    let own = try transaction.annotations(conversationID: conversationID, messageID: messageID)
    guard var said = own.first(where: { $0.own && $0.kind == .keep }) else { return }
    said.at = acceptedAt
    said.state = .stored
    try transaction.update(said)
  }

  // MARK: Requests

  mutating func answer(
    _ request: ClientKeepRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .keep(let address, let id):
      guard let found = try keepable(id, with: address, token) else { return }
      try found.1.own ? decide(true, found, token) : ask(.ask, found, token)
    case .unkeep(let address, let id):
      guard let found = try keepable(id, with: address, token) else { return }
      try found.1.own ? decide(false, found, token) : ask(.withdraw, found, token)
    case .answer(let address, let id, let accepting):
      guard let found = try keepable(id, with: address, token) else { return }
      guard found.1.own else {
        return refuse(token, .notPermitted, "Only its author says whether a message is kept.")
      }
      try decide(accepting, found, token)
    case .list(let address): try reportKept(with: address, token: token)
    }
  }

  /// The message that a request is about; answers the request when it cannot be kept at all.
  private mutating func keepable(
    _ messageID: [UInt8], with address: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> (ConversationRow, MessageRow)? {
    guard let found = try line(messageID, with: address, orOnce: true, token) else { return nil }
    if found.1.kind == .once {
      refuse(token, .badRequest, "What is shown once is never kept.")
    } else if try transaction.timer(seq: found.1.seq) == nil {
      refuse(token, .badRequest, "This message does not disappear.")
    } else if found.1.state == .failed {
      refuse(token, .badRequest, "This message was never sent.")
    } else if try mayWrite(to: address, token), try hasRoom(found.0, token) {
      return found
    }
    return nil
  }

  /// The author decides.
  private mutating func decide(
    _ isAcceptance: Bool, _ found: (ConversationRow, MessageRow), _ token: RequestToken
  ) throws(ClientStoreFailure) {
    let (conversation, row) = found
    let earlier = try decision(of: row)
    if let earlier, earlier.remark.isAcceptance == isAcceptance {
      return respond(token, .queued(messageID: earlier.row.messageID))
    }
    let isAsked = try !asking(of: row).isEmpty
    guard isAcceptance || earlier != nil || isAsked else {
      return refuse(token, .badRequest, "Nobody wants this message kept.")
    }
    let turn = (earlier?.remark.turn ?? 0).addingReportingOverflow(1)
    guard !turn.overflow || !isAcceptance else {
      return refuse(token, .quotaExceeded, "This was changed too often.")
    }
    // Of the last turn a refusal counts.
    let number = turn.overflow ? .max : turn.partialValue
    let remark: KeepContent = isAcceptance ? .accept(turn: number) : .refuse(turn: number)
    if let said = earlier?.row {
      try transaction.removeAnnotation(seq: said.seq)
      if said.isOnItsWay { try unqueue(said.messageID, in: conversation) }
    }
    guard try say(remark, upon: row, in: conversation, token),
      let own = state.device?.address.description
    else { return }
    try settleKeeping(of: row, after: earlier?.remark, remark, by: own)
  }

  /// Somebody else asks the author, or takes that back.
  private mutating func ask(
    _ remark: KeepContent, _ found: (ConversationRow, MessageRow), _ token: RequestToken
  ) throws(ClientStoreFailure) {
    let (conversation, row) = found
    guard let own = state.device?.address.description else { throw .corrupt("account") }
    if let decision = try decision(of: row)?.remark {
      guard remark == .ask else {
        return refuse(token, .notPermitted, "Only its author says whether a message is kept.")
      }
      return decision.isAcceptance
        ? refuse(token, .badRequest, "This message is kept already.")
        : refuse(token, .notPermitted, "Its author does not let this message be kept.")
    }
    let earlier = try keeps(of: row).first { $0.sender == own }
    if let earlier, earlier.keepRemark == remark {
      return respond(token, .queued(messageID: earlier.messageID))
    }
    guard remark == .ask || earlier != nil else {
      return refuse(token, .badRequest, "This account does not ask to keep this message.")
    }
    if let earlier {
      try transaction.removeAnnotation(seq: earlier.seq)
      if earlier.isOnItsWay { try unqueue(earlier.messageID, in: conversation) }
    }
    guard try say(remark, upon: row, in: conversation, token) else { return }
    try tell(remark == .ask ? .asked : .withdrawn, of: row, by: own)
  }

  private mutating func say(
    _ remark: KeepContent, upon row: MessageRow, in conversation: ConversationRow,
    _ token: RequestToken
  ) throws(ClientStoreFailure) -> Bool {
    guard let target = MessageID(row.messageID) else { throw .corrupt("message") }
    let content = MIMIContent.keep(
      remark, upon: target, salt: Salt(using: &entropy), extensions: contentExtensions)
    return try annotate(
      row, .keep, text: remark.stored, at: now, saying: content, in: conversation, token) != nil
  }

  private mutating func tell(
    _ change: KeepChange, of row: MessageRow, by sender: String
  ) throws(ClientStoreFailure) {
    guard let conversation = try transaction.conversation(id: row.conversationID) else {
      throw .corrupt("message")
    }
    try addNotice(change.text(by: sender), to: conversation, groupID: [])
    try emit(
      .keepChanged(messageID: row.messageID, sender: sender, change: change),
      address: conversation.address)
  }

  private mutating func reportKept(
    with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    let said = try transaction.annotations(conversationID: conversation.id, kind: .keep)
    var rows: [MessageRow] = []
    for target in Set(said.map(\.target)) {
      let row = try transaction.message(conversationID: conversation.id, messageID: target)
      if let row, row.kind == .text { rows.append(row) }
    }
    var lines: [HistoryLine] = []
    for row in rows.sorted(by: { $0.seq > $1.seq }) where lines.count < ClientLimits.pageMax {
      if try keepReport(of: row) != nil { lines.append(try historyLine(row)) }
    }
    respond(token, .kept(lines))
  }

  // MARK: What is kept

  /// How it stands with a message; `nil` when nobody wants it kept.
  func keepReport(of row: MessageRow) throws(ClientStoreFailure) -> KeepReport? {
    guard let timer = try transaction.timer(seq: row.seq) else { return nil }
    if timer.isKept { return KeepReport(isKept: true) }
    let asking = try asking(of: row)
    return asking.isEmpty ? nil : KeepReport(isKept: false, askedBy: asking)
  }

  /// Whether a line has an end.
  func disappears(_ row: MessageRow) throws(ClientStoreFailure) -> Bool {
    try transaction.timer(seq: row.seq).map { !$0.isKept } ?? false
  }

  /// What people have said about keeping a message: one row of a person.
  private func keeps(of row: MessageRow) throws(ClientStoreFailure) -> [AnnotationRow] {
    try annotations(of: row).filter { $0.kind == .keep }
  }

  /// What its author has said. A consent that nobody will hear is none.
  func decision(
    of row: MessageRow
  ) throws(ClientStoreFailure) -> (row: AnnotationRow, remark: KeepContent)? {
    for said in try keeps(of: row) {
      guard let remark = said.keepRemark, remark.isAuthors,
        said.state != .failed || !remark.isAcceptance
      else { continue }
      return (said, remark)
    }
    return nil
  }

  private func asking(of row: MessageRow) throws(ClientStoreFailure) -> [String] {
    guard try decision(of: row) == nil else { return [] }
    return try keeps(of: row).filter { $0.keepRemark == .ask && $0.state != .failed }
      .map(\.sender)
  }
}

extension KeepContent {
  /// Whether only the author of a message can say so.
  var isAuthors: Bool {
    switch self {
    case .ask, .withdraw: false
    case .accept, .refuse: true
    }
  }

  var isAcceptance: Bool {
    if case .accept = self { true } else { false }
  }

  /// 0 for what is not the author's.
  var turn: UInt16 {
    switch self {
    case .accept(let turn), .refuse(let turn): turn
    case .ask, .withdraw: 0
    }
  }

  /// Of what the author says, the highest one counts.
  var rank: UInt32 { UInt32(turn) * 2 + (isAcceptance ? 0 : 1) }

  /// As annotations have it.
  var stored: String { Hex.encode(encoded) }
}

extension AnnotationRow {
  /// What it says about keeping its message.
  var keepRemark: KeepContent? {
    guard kind == .keep, let bytes = Hex.decode(text) else { return nil }
    return try? KeepContent(decoding: bytes)
  }

  /// An author's refusal, which has to reach the others whatever becomes of the message.
  var isOwnRefusal: Bool {
    guard own, case .refuse = keepRemark else { return false }
    return true
  }
}
