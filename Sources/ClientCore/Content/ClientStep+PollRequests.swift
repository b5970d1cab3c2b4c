// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// What the user does with polls.
extension ClientStep {
  mutating func answer(
    _ request: ClientPollRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .create(let address, let question, let choices, let several):
      guard let poll = PollQuestion(question, choices: choices, several: several) else {
        return refuse(
          token, .badRequest,
          "A poll has a question and 2 to 20 different choices, a line each.")
      }
      try send(poll.words, to: address, inReplyTo: [], special: .poll(poll), token: token)
    case .vote(let address, let messageID, let choices):
      try vote(for: choices, in: messageID, with: address, token: token)
    case .end(let address, let messageID): try endPoll(messageID, with: address, token: token)
    case .show(let address, let messageID):
      guard let (_, row) = try line(messageID, with: address, token) else { return }
      guard let report = try pollReport(row) else { return refuseNoPoll(token) }
      respond(token, .poll(report))
    }
  }

  private mutating func refuseNoPoll(_ token: RequestToken) {
    refuse(token, .badRequest, "This message is no poll.")
  }

  private mutating func vote(
    for choices: [Int], in messageID: [UInt8], with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, row) = try line(messageID, with: address, token) else { return }
    guard let report = try pollReport(row) else { return refuseNoPoll(token) }
    guard !report.isEnded else { return refuse(token, .badRequest, "This poll has ended.") }
    let wanted = Set(choices.map { $0 - 1 }).sorted()
    guard wanted.allSatisfy(report.choices.indices.contains), wanted.count == choices.count
    else { return refuse(token, .badRequest, "The poll has no such choice.") }
    guard report.several || wanted.count <= 1 else {
      return refuse(token, .badRequest, "One may vote for one choice of this poll.")
    }
    guard row.state != .failed, try mayWrite(to: address, token), try hasRoom(conversation, token),
      let poll = MessageID(messageID)
    else { return }
    let content = MIMIContent.poll(
      .vote(wanted), upon: poll, salt: Salt(using: &entropy), extensions: contentExtensions)
    for vote in try annotations(of: row) where vote.kind == .vote && vote.isOnItsWay {
      try transaction.removeAnnotation(seq: vote.seq)
      try unqueue(vote.messageID, in: conversation)
    }
    guard
      try annotate(
        row, .vote, text: wanted.map(String.init).joined(separator: ","), at: now,
        saying: content, in: conversation, token) != nil
    else { return }
    try tellPoll(row, ended: false, in: conversation)
  }

  private mutating func endPoll(
    _ messageID: [UInt8], with address: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, row) = try line(messageID, with: address, token) else { return }
    guard let report = try pollReport(row) else { return refuseNoPoll(token) }
    guard row.own, row.state != .failed else {
      return refuse(token, .badRequest, "Only whoever asked ends a poll.")
    }
    guard !report.isEnded else { return refuse(token, .badRequest, "This poll has ended.") }
    guard try mayWrite(to: address, token), try hasRoom(conversation, token),
      let poll = MessageID(messageID)
    else { return }
    let content = MIMIContent.poll(
      .end, upon: poll, salt: Salt(using: &entropy), extensions: contentExtensions)
    guard
      try annotate(
        row, .pollEnd, text: "", at: now, saying: content, in: conversation, token) != nil
    else { return }
    try tellPoll(row, ended: true, in: conversation)
  }

  private mutating func tellPoll(
    _ row: MessageRow, ended: Bool, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard let own = state.device?.address.description else { return }
    try emit(
      .pollChanged(messageID: row.messageID, sender: own, ended: ended),
      address: conversation.address)
  }
}
