// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import SansIO

/// Votes, as they arrive and as they are counted (polls.md).
extension ClientStep {
  /// Takes a vote in a poll, or its end.
  ///
  /// - Returns: whether the content was one, and has been dealt with.
  mutating func applyPoll(
    _ content: MIMIContent, messageID: [UInt8], from sender: String, isOwn: Bool,
    item: ServerMessage.LogItem, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    guard let named = content.inReplyTo?.bytes, let remark = content.pollRemark else {
      return false
    }
    let row = try transaction.message(conversationID: conversation.id, messageID: named)
    // By another group it may come before its poll, and waits for it. A stranger's does not.
    if row == nil, try request(from: conversation.address) != nil { return true }
    if let row, row.poll == nil { return true }
    let said = try transaction.annotations(conversationID: conversation.id, target: named)
    var new = AnnotationRow(
      conversationID: conversation.id, messageID: messageID, target: named, sender: sender,
      own: isOwn, kind: .vote, state: isOwn ? .stored : .seen, text: "", at: item.acceptedAt)
    switch remark {
    case .question: return true
    case .end:
      // Whoever asked ends it, once.
      guard row.map({ $0.sender == sender }) ?? true,
        !said.contains(where: { $0.kind == .pollEnd && $0.sender == sender && !$0.isOnItsWay })
      else { return true }
      for end in said where end.kind == .pollEnd && end.sender == sender {
        try transaction.removeAnnotation(seq: end.seq)
      }
      new.kind = .pollEnd
    case .vote(let choices):
      if let poll = row?.poll, !poll.allows(choices) { return true }
      let ends = said.filter { $0.kind == .pollEnd && !$0.isOnItsWay && $0.at <= new.at }
      if let row, ends.contains(where: { $0.sender == row.sender }) { return true }
      let earlier = said.filter {
        $0.kind == .vote && $0.sender == sender && !$0.isOnItsWay
      }
      // The newest counts, by whichever group it came first.
      if earlier.contains(where: { new.at < $0.at || $0.messageID == messageID }) { return true }
      for vote in earlier { try transaction.removeAnnotation(seq: vote.seq) }
      new.text = choices.map(String.init).joined(separator: ",")
    }
    _ = try transaction.append(new)
    guard let row else { return true }
    try emit(
      .pollChanged(messageID: row.messageID, sender: sender, ended: new.kind == .pollEnd),
      address: conversation.address)
    return true
  }

  /// An own vote or end came back by the log: from now on it stands where the server put it.
  mutating func settlePollRemark(
    _ messageID: [UInt8], at acceptedAt: Instant, in conversationID: [UInt8]
  ) throws(ClientStoreFailure) {
    let own = try transaction.annotations(conversationID: conversationID, messageID: messageID)
    guard var remark = own.first(where: { $0.own && ($0.kind == .vote || $0.kind == .pollEnd) })
    else { return }
    let said = try transaction.annotations(
      conversationID: conversationID, target: remark.target)
    let row = try transaction.message(conversationID: conversationID, messageID: remark.target)
    try transaction.removeAnnotation(seq: remark.seq)
    let isLate = said.contains { end in
      end.kind == .pollEnd && !end.isOnItsWay && end.at <= acceptedAt && end.sender == row?.sender
    }
    // A vote that came after the end takes no earlier one's place.
    if remark.kind == .vote, !isLate {
      for vote in said
      where vote.kind == .vote && vote.own && !vote.isOnItsWay && vote.seq != remark.seq {
        try transaction.removeAnnotation(seq: vote.seq)
      }
    }
    remark.at = acceptedAt
    remark.state = .stored
    _ = try transaction.append(remark)
  }

  /// How a poll stands; `nil` when the line is none.
  func pollReport(_ row: MessageRow) throws(ClientStoreFailure) -> PollReport? {
    guard let poll = row.poll else { return nil }
    let said = try annotations(of: row).filter { $0.state != .failed }
    let ends = said.filter { $0.kind == .pollEnd && $0.sender == row.sender }
    let end = ends.filter { !$0.isOnItsWay }.min { ($0.at, $0.seq) < ($1.at, $1.seq) }
    var votes: [String: [Int]] = [:]
    // What is on its way comes last: the server will put it behind all that was read.
    let ordered = said.filter { $0.kind == .vote }.sorted { left, right in
      left.isOnItsWay == right.isOnItsWay
        ? (left.at, left.seq) < (right.at, right.seq) : right.isOnItsWay
    }
    for vote in ordered {
      if let end, vote.isOnItsWay || (end.at, end.seq) < (vote.at, vote.seq) { continue }
      let choices = vote.text.split(separator: ",").compactMap { Int($0) }
      // What this poll does not have is no vote, and takes no earlier one back.
      guard poll.allows(choices) else { continue }
      votes[vote.sender] = choices
    }
    let own = state.device?.address.description ?? ""
    return PollReport(
      question: poll.question, several: poll.several, isEnded: !ends.isEmpty,
      choices: poll.choices.enumerated().map { index, text in
        let voters = votes.filter { $0.value.contains(index) }.keys.sorted()
        return PollReport.Choice(text: text, voters: voters, own: voters.contains(own))
      },
      voterCount: votes.count { !$0.value.isEmpty })
  }
}

extension PollQuestion {
  /// Whether one may vote so.
  fileprivate func allows(_ vote: [Int]) -> Bool {
    vote.allSatisfy(choices.indices.contains) && (several || vote.count <= 1)
  }
}

extension AnnotationRow {
  /// Whether it is an own one that the server has not put into its order yet.
  var isOnItsWay: Bool { own && (state == .queued || state == .protected) }
}

extension MessageRow {
  /// What the line asks, when it is a poll.
  var poll: PollQuestion? {
    guard kind == .text, !content.isEmpty else { return nil }
    return (try? MIMIContent(decoding: content))?.poll
  }
}
