// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// What people do with messages that are there.
extension Workload {
  /// What somebody does with one line.
  enum Remark: Sendable {
    case react(String)
    case edit
    case delete
  }

  static let reactions = ["👍", "❤️", "🎉"]

  /// Something to do with a line of a person's own, or of somebody else.
  mutating func remark(onOwn own: Bool) -> Remark {
    guard own, draw(1, in: 2) else {
      return .react(Workload.reactions[pick(Workload.reactions.count)])
    }
    return draw(1, in: 4) ? .delete : .edit
  }

  /// What an edited message says: the original can be told from it.
  mutating func edited(_ text: String) -> String {
    "\(Workload.original(of: text)) ~\(nextEdit())"
  }

  /// What a message said at first.
  static func original(of text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "~")) else { return text }
    return text.split(separator: " ~", maxSplits: 1).first.map(String.init) ?? text
  }

  /// The message that a line shows, in whatever version.
  func message(shownAs text: String) -> Sent? {
    let original = Workload.original(of: text)
    return sent.first { $0.text == original }
  }
}

extension World {
  /// A person reacts to a message, changes an own one or takes it back.
  mutating func remark(_ person: Int) {
    let others = people.indices.filter { $0 != person }
    guard let other = others.randomElement(using: &workload.entropy),
      let lines = try? lines(of: person, with: other).filter({ $0.kind == .text }),
      let line = lines.randomElement(using: &workload.entropy)
    else { return }
    let address = people[other].address
    switch workload.remark(onOwn: line.own && line.state != .failed) {
    case .react(let reaction):
      let store = people[person].store.committed
      let has = store.annotations(conversationID: line.conversationID, target: line.messageID)
        .contains { $0.own && $0.kind == .reaction && $0.text == reaction }
      ask(
        person,
        .react(address: address, messageID: line.messageID, reaction: reaction, removing: has))
    case .edit:
      ask(
        person,
        .edit(address: address, messageID: line.messageID, text: workload.edited(line.text)))
    case .delete:
      if let number = workload.message(shownAs: line.text)?.number {
        workload.takeBack(number)
      }
      ask(person, .delete(address: address, messageID: line.messageID, forEveryone: true))
    }
    trace.add(time, name(person), "remarks", "to=\(name(other))")
  }

  /// What two people see of one conversation is the same: versions, deletions, reactions. The text
  /// says where they differ; nil: nowhere.
  func whatDiffers(_ person: Int, _ other: Int) throws -> String? {
    let theirs = try lines(of: other, with: person)
    for line in try lines(of: person, with: other) where !line.messageID.isEmpty {
      guard let same = theirs.first(where: { $0.messageID == line.messageID }) else { continue }
      guard same.kind == line.kind, same.text == line.text else {
        return "\(name(person)) and \(name(other)) see two versions of entry \(line.logSeq)"
      }
      guard reactions(to: line, of: person) == reactions(to: same, of: other) else {
        return "\(name(person)) and \(name(other)) see other reactions to entry \(line.logSeq)"
      }
    }
    return nil
  }

  private func reactions(to line: MessageRow, of person: Int) -> Set<String> {
    let rows = people[person].store.committed.annotations(
      conversationID: line.conversationID, target: line.messageID)
    return Set(rows.filter { $0.kind == .reaction }.map { "\($0.sender) \($0.text)" })
  }
}
