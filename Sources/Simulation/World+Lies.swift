// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO
import ServerCore
import SwiftProtobuf
import Wire

/// What a server does that is not the server that everybody was promised.
package enum ServerLie: String, CaseIterable, Sendable {
  /// Leaves entries out of what readers get, as if they had never been.
  case withholds
  /// Gives the entries of a frame the wrong way round, or each the body of another.
  case reorders
  /// Gives old entries and Welcomes again under new numbers, and frames of old connections.
  case replays
  /// Starts again from an older state of its store.
  case rollsBack = "rolls-back"
  /// Shows two histories to two halves of the people, and then one of them to all.
  case equivocates

  /// Whether a server that did this owes its people nothing that it could be held to: each of these
  /// loses entries for good. What remains demanded is safety.
  var endsLiveness: Bool { true }
}

extension World {
  /// A server's frame as the liar lets it pass; nil: not at all.
  mutating func told(_ frame: [UInt8], to person: Int, on id: UInt64) -> [UInt8]? {
    if script != nil, keepsSignal(frame, from: person) { return nil }
    if script != nil { return ordered(frame, to: person, on: id) ?? frame }
    guard let lie = options.lie, faults.lie != nil else { return frame }
    switch lie {
    case .withholds, .reorders, .replays:
      guard let endpoint = connections[id]?.endpoint else { return frame }
      let changed =
        endpoint == .logs ? toldLog(frame, to: person, lie) : toldInbox(frame, to: person, lie)
      return changed ?? frame
    case .rollsBack, .equivocates: return frame
    }
  }

  private mutating func toldLog(
    _ frame: [UInt8], to person: Int, _ lie: ServerLie
  ) -> [UInt8]? {
    guard var message = try? WireLogsServerFrame(serializedBytes: frame),
      case .entries(var batch) = message.response, !batch.entries.isEmpty,
      options.lying.happens(using: &lies)
    else { return nil }
    switch lie {
    case .withholds:
      batch.entries.remove(at: Int.random(in: batch.entries.indices, using: &lies))
    case .reorders where batch.entries.count > 1:
      if lies.chance(1, in: 2) {
        batch.entries.reverse()
      } else {
        let first = batch.entries[0].body
        batch.entries[0].body = batch.entries[1].body
        batch.entries[1].body = first
      }
    case .replays:
      replayed[person, default: []].append(contentsOf: batch.entries)
      guard var old = replayed[person]?.randomElement(using: &lies) else { return nil }
      old.seq = (batch.entries.last?.seq ?? 0) + 1
      batch.entries.append(old)
    default: return nil
    }
    trace.add(time, "server", "lies", "to=\(name(person)) \(lie.rawValue)")
    society?.deeds.note(.lie)
    message.response = .entries(batch)
    return try? message.serializedBytes()
  }

  private mutating func toldInbox(
    _ frame: [UInt8], to person: Int, _ lie: ServerLie
  ) -> [UInt8]? {
    guard var message = try? WireInboxServerFrame(serializedBytes: frame),
      case .entries(var batch) = message.response, !batch.entries.isEmpty
    else { return nil }
    welcomed[person, default: []].append(contentsOf: batch.entries)
    guard options.lying.happens(using: &lies) else { return nil }
    switch lie {
    case .withholds:
      batch.entries.remove(at: Int.random(in: batch.entries.indices, using: &lies))
    case .reorders where batch.entries.count > 1: batch.entries.reverse()
    case .replays:
      guard var old = welcomed[person]?.randomElement(using: &lies) else { return nil }
      old.seq = (batch.entries.last?.seq ?? 0) + 1
      batch.entries.append(old)
    default: return nil
    }
    trace.add(time, "server", "lies", "to=\(name(person)) \(lie.rawValue) welcome")
    society?.deeds.note(.lie)
    message.response = .entries(batch)
    return try? message.serializedBytes()
  }

  /// What the server does to its own store, after each frame that it takes.
  mutating func tellLies() {
    guard let lie = faults.lie, script == nil, server.isUp else { return }
    switch lie {
    case .rollsBack:
      if lies.chance(1, in: 10) { snapshots.append(server.store) }
      if lies.chance(1, in: 10 * options.lying.denominator) { crashServer() }
    case .equivocates:
      guard options.lying.happens(using: &lies), lies.chance(1, in: 5) else { return }
      if twin == nil { fork() } else { joinHistories() }
    case .withholds, .reorders, .replays: return
    }
  }

  /// From a crash the liar comes back with an older state, as from a backup.
  mutating func rollBackAtStart() {
    guard faults.lie == .rollsBack else { return }
    let older =
      script == nil
      ? snapshots.randomElement(using: &lies) : script?.returnsTo.take()
    guard let older else { return }
    trace.add(time, "server", "rolls-back")
    society?.deeds.note(.lie)
    server.rollBack(to: older)
    hasForked = true
  }

  /// Two servers with one past go their own ways from here.
  private mutating func fork() { fork(away: Set(people.indices.filter { $0 % 2 == 1 })) }

  /// These people are shown a history of their own from here.
  mutating func fork(away others: Set<Int>) {
    guard !hasForked else { return }
    hasForked = true
    twinned = others
    var second = server.forked()
    for (id, connection) in connections.sorted(by: { $0.key < $1.key }) {
      if twinned.contains(connection.person) {
        server.disconnect(id)
      } else {
        second.disconnect(id)
      }
    }
    twin = second
    trace.add(time, "server", "forks")
    society?.deeds.note(.lie)
    perform([])
  }

  /// The second history is dropped: everybody is shown the first from here on.
  mutating func joinHistories() {
    guard twin != nil else { return }
    trace.add(time, "server", "joins")
    for id in connections.keys.sorted() {
      guard let connection = connections[id], twinned.contains(connection.person) else { continue }
      cut(id, connection)
    }
    twin = nil
  }

  /// The server that a person is shown.
  @discardableResult
  mutating func withServer<Value>(
    of person: Int, _ body: (inout SimulatedServer, Instant) -> Value
  ) -> Value {
    guard var second = twin, twinned.contains(person) else { return body(&server, now) }
    twin = nil
    defer { twin = second }
    return body(&second, now)
  }
}
