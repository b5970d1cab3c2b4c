// SPDX-License-Identifier: Apache-2.0

import ClientCore
import MLS
import SansIO
import ServerCore

/// What must hold of keys, promises and queues.
extension World {
  /// Cheap enough for every check.
  func checkPromises() throws {
    if let broken = wire.broken { throw SimulationFailure.broken(broken) }
    try checkReceipts()
    try checkCommits()
    try checkQueues()
  }

  /// What costs too much to be looked at all the time.
  func checkAtTheEnd() throws {
    try checkOldKeys()
    try checkSecrets()
    try checkServerSeesNothing()
    if society == nil { try checkNotices() }
    if server.isUp { server.store.checkInvariants() }
  }

  /// What was acknowledged is durable, at the number that the client was told.
  private func checkReceipts() throws {
    guard options.lie == nil else { return }
    for receipt in wire.receipts
    where now < receipt.accepted + ServerLimits.entryRetention + .seconds(-7200) {
      guard let log = server.store.log(receipt.log) else {
        throw SimulationFailure.broken("an acknowledged log is gone")
      }
      guard server.store.submitted(receipt.submitID, to: log.id)?.seq == receipt.seq else {
        throw SimulationFailure.broken("entry \(receipt.seq) was acknowledged and is not stored")
      }
    }
  }

  /// One commit for each epoch of a log.
  private func checkCommits() throws {
    for log in wire.logs {
      var seen: Set<UInt64> = []
      for entry in entries(of: log) where entry.kind == .commit {
        guard seen.insert(entry.epoch).inserted else {
          throw SimulationFailure.broken("the log holds two commits of epoch \(entry.epoch)")
        }
      }
    }
  }

  private func entries(of log: LogID) -> [LogPage.Entry] {
    let store = server.store
    guard let row = store.log(log) else { return [] }
    let limit = PageLimit(entries: .max, bytes: .max)
    return store.entries(of: row.id, after: 0, through: .max, limit: limit).rows.map(\.entry)
  }

  /// Nothing is called delivered that its reader was not shown.
  func checkDelivered() throws {
    for writer in people.indices {
      for reader in people.indices
      where reader != writer && !isHostile(reader) && !isHostile(writer) {
        let claimed = try lines(of: writer, with: reader).filter {
          $0.own && $0.kind == .text && $0.state.hasReached(.delivered) && $0.state != .failed
        }
        guard !claimed.isEmpty else { continue }
        let shown = Set(
          try lines(of: reader, with: writer).lazy.filter { !$0.own }.map(\.messageID))
        for line in claimed where !shown.contains(line.messageID) {
          throw SimulationFailure.broken(
            "\(name(writer)) takes for delivered what \(name(reader)) was not shown")
        }
      }
    }
  }

  /// Every queue within its limit.
  private func checkQueues() throws {
    for person in people.indices {
      let store = people[person].store.committed
      let waiting = store.conversations().map {
        store.outboxCount(conversationID: $0.id, phases: OutboxRow.Phase.allCases)
      }
      guard waiting.allSatisfy({ $0 <= ClientLimits.outboxRowsMax }),
        store.welcomes().count <= ClientLimits.welcomesMax,
        store.keyPackages().count <= World.keyPackagesMax
      else {
        throw SimulationFailure.broken(
          "a queue of \(name(person)) is over its limit: \(waiting.max() ?? 0) to send, "
            + "\(store.welcomes().count) Welcomes, \(store.keyPackages().count) key packages")
      }
    }
    guard queue.count <= World.eventsWaitingMax else {
      throw SimulationFailure.broken("\(queue.count) events wait")
    }
  }

  /// Present state cannot open what was read, or what the past of a group was sealed with.
  private func checkOldKeys() throws {
    for person in people.indices where !isHostile(person) {
      let store = people[person].store.committed
      for row in store.groups() {
        guard let log = LogID(row.routingID), let cursor = row.cursor,
          let epoch = store.epoch(groupID: row.groupID, epoch: row.epoch)
        else { continue }
        let group = try Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
        let all = store.messages(conversationID: row.conversationID, before: nil, limit: 100_000)
        let lines = all.filter { $0.groupID == row.groupID && !$0.own }
        for entry in entries(of: log) where entry.seq <= cursor {
          var copy = group
          guard case .application(let opened)? = try? copy.process(entry.body, at: entry.accepted)
          else { continue }
          // A liar gives other bodies these numbers: what counts is what was read, and from which
          // entry, since a writer may have sent the same text again.
          let text = workload.sent.map(\.text).filter { opened.data.holds(Array($0.utf8)) }
            .max { $0.utf8.count < $1.utf8.count }
          let numbers = reading.numbers(of: entry.body, for: person, log: log)
          let wasRead = lines.contains {
            $0.kind == .text && Workload.original(of: $0.text) == text
              && numbers.contains($0.logSeq)
          }
          guard options.lie == nil || wasRead else { continue }
          throw SimulationFailure.broken(
            "\(name(person)) kept the key of entry \(entry.seq) after reading it")
        }
      }
    }
  }

  /// The server's store holds no secret of any group.
  private func checkSecrets() throws {
    var secrets = SecretIndex()
    for person in people.indices {
      let store = people[person].store.committed
      for row in store.groups() {
        guard let epoch = store.epoch(groupID: row.groupID, epoch: row.epoch) else { continue }
        let group = try Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
        secrets.insert(group.epochAuthenticator)
        secrets.insert(group.resumptionPSK.copyBytes())
        secrets.insert(
          group.export(label: "sotto log", context: row.routingID, length: 32).copyBytes())
      }
    }
    for body in server.store.storedBodies where secrets.isHeld(by: body) {
      throw SimulationFailure.broken("the server's store holds a secret of a group")
    }
  }

  /// The client's 20 wanted, one last resort, and those that wait for a Welcome or their end.
  private static let keyPackagesMax = 3_000
  private static let eventsWaitingMax = 20_000
}

/// Secrets by their first eight bytes, so that a body is looked through once for all of them.
private struct SecretIndex {
  private var secrets: [UInt64: [[UInt8]]] = [:]
  /// The first two bytes of any: most of a body needs no further look.
  private var beginnings = [Bool](repeating: false, count: 1 << 16)

  mutating func insert(_ secret: [UInt8]) {
    guard secret.count >= 8 else { return }
    let name = secret.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    beginnings[Int(name >> 48)] = true
    if secrets[name]?.contains(secret) != true { secrets[name, default: []].append(secret) }
  }

  func isHeld(by body: [UInt8]) -> Bool {
    var window: UInt64 = 0
    for (index, byte) in body.enumerated() {
      window = window << 8 | UInt64(byte)
      guard index >= 7, beginnings[Int(window >> 48)], let candidates = secrets[window]
      else { continue }
      let found = candidates.contains { body[(index - 7)...].starts(with: $0) }
      if found { return true }
    }
    return false
  }
}
