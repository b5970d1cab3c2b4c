// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO
import ServerCore

/// What a client must have noticed of a server that lied: it took something, and its reader was
/// shown a sign of it. What nobody can notice is said in Documentation/protocol/simulation.md.
extension World {
  /// Every number of a log up to a reader's cursor is accounted for, and a log that ended before
  /// what was read of it was not read on.
  func checkNotices() throws {
    if let broken = reading.broken { throw SimulationFailure.broken(broken) }
    for reader in people.indices where !isHostile(reader) {
      let store = people[reader].store.committed
      for group in store.groups() {
        guard let log = LogID(group.routingID),
          let row = store.conversation(id: group.conversationID),
          let writer = people.firstIndex(where: { $0.address == row.address }),
          !isHostile(writer)
        else { continue }
        let signs = Signs(of: group, in: store, address: row.address)
        try checkPassedOver(reader, writer, group, log, signs)
        if reading.cutLogs.contains(.init(person: reader, log: log)), !signs.hasLostStep {
          throw SimulationFailure.broken(
            "\(name(reader)) reads on in a log of \(name(writer)) that ends before what was read")
        }
      }
    }
  }

  /// The signs that one group's reader was shown.
  private struct Signs {
    /// Numbers that bear a line.
    let numbers: Set<UInt64>
    /// Numbers that a line says are gone.
    let gaps: [ClosedRange<UInt64>]
    /// The last number before which a line says that nothing can be read.
    let rejoined: UInt64
    /// The group was given up, visibly.
    let isReplaced: Bool
    /// A rejoin was begun or ended.
    let hasLostStep: Bool

    init(of group: GroupRow, in store: InMemoryClientTransaction, address: String) {
      let lines = store.messages(
        conversationID: group.conversationID, before: nil, limit: 100_000
      ).filter { $0.groupID == group.groupID }
      numbers = Set(lines.lazy.filter { $0.kind != .gap }.map(\.logSeq))
      let ends = Set(lines.lazy.filter { $0.kind == .gap }.map(\.logSeq))
      gaps = World.gaps(in: store, with: address).filter { ends.contains($0.upperBound) }
      let notices = lines.filter { $0.kind == .notice }
      rejoined =
        notices.filter { $0.text.hasPrefix("This device had lost step") }.map(\.logSeq).max() ?? 0
      isReplaced = group.phase == .outOfStep || group.phase == .closed
      hasLostStep = rejoined > 0 || isReplaced || group.phase == .rejoining
    }

    func accounts(for seq: UInt64) -> Bool {
      numbers.contains(seq) || gaps.contains { $0.contains(seq) } || seq < rejoined
        || isReplaced
    }
  }

  /// What a client has told of entries that are gone.
  private static func gaps(
    in store: InMemoryClientTransaction, with address: String
  ) -> [ClosedRange<UInt64>] {
    store.events(after: 0, limit: .max).compactMap { row in
      guard row.address == address, let kind = try? ClientEvent.Kind(decoding: row.body),
        case .gap(let after, let upTo) = kind, after < upTo
      else { return nil }
      return after + 1...upTo
    }
  }

  private func checkPassedOver(
    _ reader: Int, _ writer: Int, _ group: GroupRow, _ log: LogID, _ signs: Signs
  ) throws {
    guard let cursor = group.cursor else { return }
    let shown = Set(
      try lines(of: reader, with: writer).lazy.filter { !$0.own && $0.kind == .text }
        .map { Workload.original(of: $0.text) })
    var missing: Set<UInt64> = []
    var texts: [[UInt8]: String] = [:]
    for line in try lines(of: writer, with: reader) where line.own && line.kind == .text {
      let text = Workload.original(of: line.text)
      texts[line.messageID] = text
      guard !shown.contains(text), line.groupID == group.groupID, line.logSeq > 0 else {
        continue
      }
      missing.insert(line.logSeq)
    }
    for (place, bodies) in reading.told where place.person == reader && place.log == log {
      let isMissed = bodies.contains { body in
        guard case .text(writer, let id) = reading.origins[body], let text = texts[id] else {
          return false
        }
        return !shown.contains(text)
      }
      if isMissed { missing.insert(place.seq) }
    }
    for seq in missing.sorted() where seq <= cursor && !signs.accounts(for: seq) {
      let place = ReadingHistory.Place(person: reader, log: log, seq: seq)
      guard !isSilent(place, writer, shown, texts) else { continue }
      throw SimulationFailure.broken(
        "\(name(reader)) has passed over entry \(seq) of \(name(writer)) without a word")
    }
  }

  /// Whether a body came under another number too: it can be read under one of them.
  private func isTwice(_ body: [UInt8], _ place: ReadingHistory.Place) -> Bool {
    reading.told.contains { other, bodies in
      other.person == place.person && other.log == place.log && other.seq != place.seq
        && bodies.contains(body)
    }
  }

  /// Whether something was told under this number that a client rightly says nothing of: its own
  /// words, a report, a commit, or a message that it shows already.
  private func isSilent(
    _ place: ReadingHistory.Place, _ writer: Int, _ shown: Set<String>,
    _ texts: [[UInt8]: String]
  ) -> Bool {
    (reading.told[place] ?? []).contains { body in
      switch reading.origins[body] {
      case .text(writer, let id):
        (texts[id].map { shown.contains($0) } ?? false) && !isTwice(body, place)
      case .text, .report, .commit: true
      case nil: false
      }
    }
  }
}
