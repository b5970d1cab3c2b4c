// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO
import ServerCore
import SwiftProtobuf
import Wire

/// What a scenario has ordered and has not happened yet: in place of the options' chances.
struct WorldScript: Sendable {
  /// What becomes of a person's next batch.
  var deaths: [Int: SimulatedClient.Fate] = [:]
  /// The server dies at its next write, and keeps it or not.
  var serverDies: Bool?
  /// How many more entries a person is not to see.
  var withholding: [Int: Int] = [:]
  /// Entries that a person never sees, by the names under which they were appended.
  var withheld: [Int: Set<[UInt8]>] = [:]
  /// People who get the next frame with several entries the wrong way round.
  var reordering: Set<Int> = []
  /// The number of an entry that a person gets again, under the next number.
  var replaying: [Int: UInt64] = [:]
  /// Signals that people were sent, and people who do not get any more.
  var signals: [Int: [[UInt8]]] = [:]
  var keepsSignals: Set<Int> = []
  /// The server's store, as it was put aside.
  var copy: InMemoryStore?
  /// What the server starts from the next time.
  var returnsTo: InMemoryStore?
  /// The names of groups, by their references, and of those that are being made.
  var groups: [String: String] = [:]
  var naming: [Int: [RequestToken: String]] = [:]
  /// How far the trace has told of each log.
  var told: [LogPlace] = []

  /// The ends of a log: entries up to `deleted` are gone, `head` is the newest.
  struct LogPlace: Equatable, Sendable {
    var head: UInt64 = 0
    var deleted: UInt64 = 0
  }
}

extension World {
  /// A frame as the scenario has the server tell it; nil: as it is.
  mutating func ordered(_ frame: [UInt8], to person: Int, on id: UInt64) -> [UInt8]? {
    guard connections[id]?.endpoint == .logs,
      var message = try? WireLogsServerFrame(serializedBytes: frame),
      case .entries(var batch) = message.response, !batch.entries.isEmpty
    else { return nil }
    let before = batch.entries
    withhold(&batch, from: person)
    if batch.entries.count > 1, script?.reordering.remove(person) != nil {
      batch.entries.reverse()
    }
    replay(&batch, to: person)
    guard batch.entries != before else { return nil }
    trace.add(
      time, "server", "lies",
      "to=\(name(person)) entries=\(batch.entries.map { String($0.seq) }.joined(separator: ","))")
    message.response = .entries(batch)
    return try? message.serializedBytes()
  }

  /// Whether a frame is a signal that a person is not to have now.
  mutating func keepsSignal(_ frame: [UInt8], from person: Int) -> Bool {
    guard case .signal? = (try? WireLogsServerFrame(serializedBytes: frame))?.response else {
      return false
    }
    script?.signals[person, default: []].append(frame)
    guard script?.keepsSignals.contains(person) == true else { return false }
    trace.add(time, "server", "lies", "to=\(name(person)) keeps a signal")
    return true
  }

  /// A person gets all signals that there were.
  mutating func giveSignals(to person: Int) {
    script?.keepsSignals.remove(person)
    guard let id = people[person].connections[.logs],
      let frames = script?.signals.removeValue(forKey: person)
    else { return }
    trace.add(time, "server", "lies", "to=\(name(person)) signals=\(frames.count)")
    for frame in frames { send(frame, toClientOn: id) }
  }

  private mutating func withhold(_ batch: inout WireLogEntries, from person: Int) {
    batch.entries.removeAll { entry in
      let name = [UInt8](entry.submitID)
      if script?.withheld[person]?.contains(name) == true { return true }
      guard let left = script?.withholding[person], left > 0 else { return false }
      script?.withholding[person] = left - 1
      script?.withheld[person, default: []].insert(name)
      return true
    }
  }

  private mutating func replay(_ batch: inout WireLogEntries, to person: Int) {
    replayed[person, default: []].append(contentsOf: batch.entries)
    guard let number = script?.replaying[person],
      var old = replayed[person]?.first(where: { $0.seq == number }),
      let last = batch.entries.last, last.seq > number
    else { return }
    script?.replaying[person] = nil
    old.seq = last.seq + 1
    batch.entries.append(old)
  }

  /// Writes into the trace what has happened to the logs that the server's disk holds.
  mutating func tellOfLogs() {
    guard script != nil else { return }
    for (index, log) in wire.logs.enumerated() {
      if index >= script?.told.count ?? 0 { script?.told.append(.init()) }
      guard let row = server.store.log(log), var place = script?.told[index] else { continue }
      if row.head < place.head {
        trace.add(time, "server", "log", "\(index + 1) ends at \(row.head)")
      } else if row.head > place.head {
        let page = server.store.entries(
          of: row.id, after: place.head, through: row.head,
          limit: PageLimit(entries: .max, bytes: .max))
        for entry in page.rows.map(\.entry) {
          trace.add(
            time, "server", "log",
            "\(index + 1) entry \(entry.seq): \(entry.kind) of epoch \(entry.epoch)")
        }
      }
      if row.tail > place.deleted + 1 {
        trace.add(time, "server", "log", "\(index + 1) deleted up to \(row.tail - 1)")
      }
      place = .init(head: row.head, deleted: row.tail - 1)
      script?.told[index] = place
    }
  }
}
