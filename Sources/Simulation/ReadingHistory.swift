// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import SansIO
import ServerCore
import SwiftProtobuf
import Wire

/// What each reader's program was told of the logs and has dealt with, and whose words these were.
struct ReadingHistory: Sendable {
  /// What a body is, by whoever handed it to the network first.
  enum Origin: Hashable, Sendable {
    case text(from: Int, messageID: [UInt8])
    case report(from: Int)
    case commit(from: Int)
  }

  /// A number of a log, as one reader sees it.
  struct Place: Hashable, Sendable {
    let person: Int
    let log: LogID
    let seq: UInt64
  }

  /// A log that ended, for a reader who began to read it anew, before what was read of it.
  struct CutLog: Hashable, Sendable {
    let person: Int
    let log: LogID
  }

  private struct Asked: Hashable {
    let connection: UInt64
    let request: UInt64
  }

  private struct Subscription {
    let log: LogID
    let after: UInt64
  }

  private enum Fact {
    case entry(Place, body: [UInt8])
    case cut(CutLog)
    case manifest(account: [UInt8], version: UInt32)
  }

  private(set) var told: [Place: [[UInt8]]] = [:]
  private(set) var cutLogs: Set<CutLog> = []
  /// Why something that was told must have been noticed and was not.
  private(set) var broken: String?
  private(set) var origins: [[UInt8]: Origin] = [:]
  private var subscriptions: [Asked: Subscription] = [:]
  /// What has arrived at a process that has not committed it.
  private var pending: [Int: [Fact]] = [:]

  /// A client hands a frame to the network.
  mutating func sees(
    _ frame: WireLogsClientFrame, from person: Int, on id: UInt64,
    in store: InMemoryClientTransaction
  ) {
    switch frame.request {
    case .subscribeLog(let request):
      guard let log = LogID([UInt8](request.right.logID)) else { return }
      subscriptions[Asked(connection: id, request: frame.requestID)] = Subscription(
        log: log, after: request.afterSeq)
    case .append(let append):
      guard let row = store.outboxRow(submitID: [UInt8](append.submitID)) else { return }
      note(
        [UInt8](append.body),
        row.kind == .message
          ? .text(from: person, messageID: row.messageID) : .report(from: person))
    case .commit(let commit): note([UInt8](commit.body), .commit(from: person))
    default: return
    }
  }

  private mutating func note(_ body: [UInt8], _ origin: Origin) {
    if origins[body] == nil { origins[body] = origin }
  }

  /// A frame of the server waits for a client's next batch.
  mutating func sees(_ frame: WireLogsServerFrame, to person: Int, on id: UInt64) {
    switch frame.response {
    case .manifest(let answer): wait([UInt8](answer.manifest), person)
    case .keyPackages(let answer): wait([UInt8](answer.manifest), person)
    default: break
    }
    guard case .entries(let batch) = frame.response,
      let reading = subscriptions[Asked(connection: id, request: frame.requestID)]
    else { return }
    for entry in batch.entries {
      let place = Place(person: person, log: reading.log, seq: entry.seq)
      pending[person, default: []].append(.entry(place, body: [UInt8](entry.body)))
    }
    if batch.first, batch.head < reading.after {
      pending[person, default: []].append(.cut(CutLog(person: person, log: reading.log)))
    }
  }

  private mutating func wait(_ manifest: [UInt8], _ person: Int) {
    guard let signed = try? SignedManifest(decoding: manifest) else { return }
    pending[person, default: []].append(
      .manifest(account: signed.claimedAccountID.bytes, version: signed.claimedVersion))
  }

  /// The client has committed what waited.
  mutating func applied(
    by person: Int, before: InMemoryClientTransaction, after: InMemoryClientTransaction
  ) {
    for fact in pending.removeValue(forKey: person) ?? [] {
      switch fact {
      case .entry(let place, let body):
        if told[place]?.contains(body) != true { told[place, default: []].append(body) }
      case .cut(let log): cutLogs.insert(log)
      case .manifest(let account, let version):
        guard let peer = before.peers().first(where: { $0.accountID == account }),
          peer.manifestVersion > version
        else { continue }
        let isTold = after.events(after: before.eventHead(), limit: .max).contains { row in
          row.address == peer.address
            && (try? ClientEvent.Kind(decoding: row.body)) == .identityNotice(.manifestRefused)
        }
        if !isTold { broken = "an older manifest of \(peer.address) was taken without a word" }
      }
    }
  }

  /// The numbers under which a body came to a reader of a log.
  func numbers(of body: [UInt8], for person: Int, log: LogID) -> Set<UInt64> {
    Set(
      told.lazy.filter { place, bodies in
        place.person == person && place.log == log && bodies.contains(body)
      }.map(\.key.seq))
  }

  /// What waited is gone with the process or its transaction.
  mutating func lost(by person: Int) { pending[person] = nil }
}
