// SPDX-License-Identifier: Apache-2.0

import ClientCore
import MLS
import SansIO
import ServerCore
import SwiftProtobuf
import Wire

/// What the network carried and the server promised, written down by nobody in particular.
struct WireHistory: Sendable {
  /// An acknowledged entry.
  struct Receipt: Hashable, Sendable {
    let log: LogID
    let submitID: SubmitID
    let seq: UInt64
    let accepted: Instant
  }

  private struct Asked: Hashable {
    let connection: UInt64
    let request: UInt64
  }

  private struct EpochName: Hashable {
    let group: [UInt8]
    let epoch: UInt64
  }

  private struct KeyName: Hashable {
    let epoch: EpochName
    let isApplication: Bool
    let leaf: UInt32
    let generation: UInt32
  }

  /// What was acknowledged, in the order in which clients heard of it.
  private(set) var receipts: [Receipt] = []
  /// The logs that were written to, in the order of their first entry.
  private(set) var logs: [LogID] = []
  /// Why something seen must not be.
  private(set) var broken: String?
  /// Keys that were looked at.
  private(set) var keyCount = 0
  private var asked: [Asked: (log: LogID, submitID: SubmitID)] = [:]
  private var groups: [EpochName: Group] = [:]
  private var sealed: [KeyName: [UInt8]] = [:]

  /// Keeps what it takes to tell which key a message of an epoch was sealed with.
  mutating func remember(groupsOf person: Int, in store: InMemoryClientTransaction) {
    for group in store.groups() {
      let name = EpochName(group: group.groupID, epoch: group.epoch)
      guard groups[name] == nil, let row = store.epoch(groupID: name.group, epoch: name.epoch)
      else { continue }
      groups[name] = try? Group(epochState: row.state, messageSecrets: row.ratchets)
    }
  }

  /// A client hands a frame to the network.
  mutating func sees(_ frame: [UInt8], from connection: SimulatedConnection, on id: UInt64) {
    guard connection.endpoint == .logs,
      let frame = try? WireLogsClientFrame(serializedBytes: frame)
    else { return }
    switch frame.request {
    case .append(let append):
      note(append.right, append.submitID, Asked(connection: id, request: frame.requestID))
      look(at: [UInt8](append.body))
    case .commit(let commit):
      note(commit.right, commit.submitID, Asked(connection: id, request: frame.requestID))
      look(at: [UInt8](commit.body))
    default: break
    }
  }

  /// A frame of the server reaches a client.
  mutating func sees(_ frame: [UInt8], to connection: SimulatedConnection, on id: UInt64) {
    guard connection.endpoint == .logs,
      let frame = try? WireLogsServerFrame(serializedBytes: frame),
      case .appended(let appended) = frame.response,
      let (log, submitID) = asked[Asked(connection: id, request: frame.requestID)]
    else { return }
    receipts.append(
      Receipt(
        log: log, submitID: submitID, seq: appended.seq,
        accepted: Instant(milliseconds: Int64(clamping: appended.acceptedMs))))
  }

  private mutating func note(
    _ right: WireLogRight, _ submitID: some Sequence<UInt8>, _ place: Asked
  ) {
    guard let log = LogID([UInt8](right.logID)), let submitID = SubmitID([UInt8](submitID))
    else { return }
    asked[place] = (log, submitID)
    if !logs.contains(log) { logs.append(log) }
  }

  /// No key and nonce twice: what one sender sealed with one generation is always the same bytes.
  private mutating func look(at body: [UInt8]) {
    guard case .privateMessage(let message)? = try? MLSMessage(bytes: body) else { return }
    let epoch = EpochName(group: message.groupID, epoch: message.epoch)
    guard let group = groups[epoch], let data = try? group.senderData(of: message) else { return }
    let key = KeyName(
      epoch: epoch, isApplication: message.contentType == .application,
      leaf: data.leafIndex.rawValue, generation: data.generation)
    keyCount += 1
    if let before = sealed[key], before != body {
      broken =
        "leaf \(key.leaf) has used generation \(key.generation) of epoch \(epoch.epoch) twice"
    }
    sealed[key] = body
  }
}
