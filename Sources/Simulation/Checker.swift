// SPDX-License-Identifier: Apache-2.0

import ClientCore
import MLS
import SansIO
import ServerCore

/// What must hold, seen from outside with the eyes of nobody in particular.
extension World {
  /// Safety: holds at every moment.
  mutating func checkSafety() throws {
    if society != nil {
      try checkSocietySafety()
      try checkFading()
    } else {
      try checkHistories()
      try checkEpochs()
      try checkDelivered()
      try checkServerSeesNothing()
    }
    try checkPromises()
  }

  /// Liveness: everything acknowledged has arrived, and all are in step. The text says what is
  /// missing; nil: nothing.
  mutating func whatIsMissing() throws -> String? {
    if society != nil { return try whatIsMissingInSociety() }
    for person in people.indices where !workload.isRegistered(person) {
      return "\(name(person)) is not registered"
    }
    for message in workload.sent
    where message.isAcknowledged && !isHostile(message.from) && !isHostile(message.to)
      && !workload.takenBack.contains(message.number)
    {
      func isIt(_ line: MessageRow) -> Bool {
        Workload.original(of: line.text) == message.text
      }
      let own = try lines(of: message.from, with: message.to)
      // Told to its sender: the recipient had no device that could be written to.
      if own.contains(where: { isIt($0) && $0.state == .failed }) { continue }
      let lines = try lines(of: message.to, with: message.from)
      guard lines.contains(where: { !$0.own && isIt($0) }) else {
        return "#\(message.number) has not reached \(name(message.to))"
      }
      guard own.contains(where: { isIt($0) && $0.state.hasReached(.delivered) })
      else { return "#\(message.number) is not known to be delivered" }
    }
    return try groupsOutOfStep()
  }

  /// A conversation's lines, oldest first.
  func lines(of person: Int, with other: Int) throws -> [MessageRow] {
    try inspect(person) { store throws(ClientStoreFailure) in
      guard let row = store.conversation(address: people[other].address) else { return [] }
      return Array(
        store.messages(conversationID: row.id, before: nil, limit: 100_000).reversed())
    }
  }

  /// Each text was sent by whom it is said to be from, is shown once, and in the order sent;
  /// nothing fails to decrypt.
  private func checkHistories() throws {
    for reader in people.indices {
      for writer in people.indices where writer != reader {
        let lines = try lines(of: reader, with: writer)
        guard !isHostile(reader), !isHostile(writer) else {
          // It may say what it likes, in its own name.
          let names = [people[reader].address, people[writer].address]
          guard lines.allSatisfy({ $0.kind != .text || $0.sender == names[$0.own ? 0 : 1] })
          else { throw SimulationFailure.broken("\(name(reader)) shows a forged sender") }
          continue
        }
        // A liar's entries need not be readable.
        if options.lie == nil, let bad = lines.first(where: { $0.kind == .undecryptable }) {
          throw SimulationFailure.broken(
            "\(name(reader)) cannot decrypt log entry \(bad.logSeq) of \(name(writer))")
        }
        let got = lines.filter { !$0.own && $0.kind == .text }
        // Of a conversation that both began at once, each group's log is in order; lines of the two
        // stand in the order in which they came.
        var shown: Set<Int> = []
        var last: [[UInt8]: Int] = [:]
        for line in got {
          guard
            let sent = workload.message(shownAs: line.text),
            sent.from == writer, sent.to == reader, line.sender == people[writer].address
          else { throw SimulationFailure.broken("\(name(reader)) shows what nobody sent") }
          guard shown.insert(sent.number).inserted else {
            throw SimulationFailure.broken("#\(sent.number) is shown twice")
          }
          // A later version may have come before the first one, and stands in its place.
          guard line.editedAt == nil else { continue }
          if options.lie == nil, let before = last[line.groupID], before > sent.number {
            throw SimulationFailure.broken("#\(sent.number) is shown after #\(before)")
          }
          last[line.groupID] = sent.number
        }
      }
    }
  }

  /// Equal epoch number of one group implies equal epoch authenticator and tree hash.
  private func checkEpochs() throws {
    // Who shows two histories makes two groups of one: neither half reads the other's.
    guard !hasForked else { return }
    struct Key: Hashable {
      let group: [UInt8]
      let epoch: UInt64
    }
    var seen: [Key: (authenticator: [UInt8], treeHash: [UInt8])] = [:]
    for person in people.indices where !isHostile(person) {
      for group in try groups(of: person) {
        let key = Key(group: group.groupID, epoch: group.epoch)
        if let other = seen[key] {
          guard
            other.authenticator == group.epochAuthenticator, other.treeHash == group.treeHash
          else { throw SimulationFailure.broken("two states of epoch \(group.epoch)") }
        } else {
          seen[key] = (group.epochAuthenticator, group.treeHash)
        }
      }
    }
  }

  /// The present MLS state of each group that a person's store holds.
  private func groups(of person: Int) throws -> [Group] {
    let rows = try inspect(person) { store throws(ClientStoreFailure) in
      store.groups().compactMap { store.epoch(groupID: $0.groupID, epoch: $0.epoch) }
    }
    return try rows.map {
      try Group(epochState: $0.state, messageSecrets: $0.ratchets)
    }
  }

  private func groupsOutOfStep() throws -> String? {
    for person in people.indices {
      for other in people.indices
      where other > person && !isHostile(person) && !isHostile(other) {
        let left = try activeGroup(of: person, with: other)
        let right = try activeGroup(of: other, with: person)
        guard left?.groupID == right?.groupID, left?.epoch == right?.epoch else {
          return "\(name(person)) and \(name(other)) are not in one epoch"
        }
        if let difference = try whatDiffers(person, other) { return difference }
      }
    }
    return nil
  }

  /// The group that sending uses: the highest generation, then the smallest identifier.
  private func activeGroup(of person: Int, with other: Int) throws -> GroupRow? {
    try inspect(person) { store throws(ClientStoreFailure) in
      guard let row = store.conversation(address: people[other].address) else { return nil }
      let active = store.groups(conversationID: row.id).filter { $0.phase == .active }
      let generation = active.map(\.generation).max()
      return active.first { $0.generation == generation }
    }
  }

  /// The server's store holds no text of any message.
  func checkServerSeesNothing() throws {
    let canary = Array(World.canary.utf8)
    for body in server.store.storedBodies where body.holds(canary) {
      throw SimulationFailure.broken("the server's store holds a message in clear")
    }
  }

  private func inspect<Value>(
    _ person: Int, _ body: (InMemoryClientTransaction) throws(ClientStoreFailure) -> Value
  ) throws -> Value {
    do {
      return try people[person].inspect(body)
    } catch {
      throw SimulationFailure.store(error)
    }
  }
}

extension Array where Element == UInt8 {
  /// Whether these bytes hold `needle` anywhere.
  func holds(_ needle: [UInt8]) -> Bool {
    guard let first = needle.first, count >= needle.count else { return false }
    return (0...(count - needle.count)).contains { start in
      self[start] == first && self[start..<(start + needle.count)].elementsEqual(needle)
    }
  }
}
