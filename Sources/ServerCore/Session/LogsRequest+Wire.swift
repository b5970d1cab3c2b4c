// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import SansIO
import SwiftProtobuf
import Wire

/// A frame that decoded; its request may still be refused.
struct ParsedFrame<Request: Sendable>: Sendable {
  let requestID: UInt64
  let request: Result<Request, SessionRefusal>
}

extension LogsRequest {
  /// Decodes a client frame.
  ///
  /// - Throws: what ends the connection, as no request can be named in the answer.
  static func parse(_ frame: Span<UInt8>) throws(SessionRefusal) -> ParsedFrame<LogsRequest> {
    guard frame.count <= ServerLimits.frameBytesMax else { throw .tooLarge }
    try FrameShape.logs.check(frame)
    guard let wire = try? WireLogsClientFrame(serializedBytes: frame.copied()), wire.requestID > 0
    else { throw .malformed }
    let request: Result<LogsRequest, SessionRefusal>
    do throws(SessionRefusal) {
      request = .success(try LogsRequest(wire))
    } catch {
      request = .failure(error)
    }
    return ParsedFrame(requestID: wire.requestID, request: request)
  }

  private init(_ frame: WireLogsClientFrame) throws(SessionRefusal) {
    switch frame.request {
    case nil: throw .malformed
    case .getManifest(let wire): self = .getManifest(try Address(parsing: wire.address))
    case .takeKeyPackages(let wire): self = .takeKeyPackages(try Address(parsing: wire.address))
    case .createLog(let wire):
      guard let id = LogID(Array(wire.logID)), let hash = LogTokenHash(Array(wire.tokenHash)),
        wire.epoch <= Self.epochMax
      else { throw .malformed }
      self = .createLog(id, epoch: wire.epoch, tokenHash: hash)
    case .append(let wire): self = .append(try AppendRequest(wire))
    case .commit(let wire): self = .commit(try CommitRequest(wire))
    case .readLog(let wire):
      let limit = wire.limit == 0 ? ServerLimits.windowEntriesMax : Int(wire.limit)
      self = .readLog(
        try LogRight(wire.right), LogStart(after: wire.afterSeq, epoch: wire.fromEpoch),
        limit: min(limit, ServerLimits.windowEntriesMax))
    case .subscribeLog(let wire):
      self = .subscribe(
        try LogRight(wire.right), LogStart(after: wire.afterSeq, epoch: wire.fromEpoch),
        signals: wire.signals)
    case .unsubscribeLog(let wire): self = .unsubscribe(wire.subscription)
    case .acknowledgeLog(let wire):
      self = .acknowledge(subscription: wire.subscription, seq: wire.seq)
    case .getGroupInfo(let wire): self = .getGroupInfo(try LogRight(wire.right))
    case .putPart(let wire): self = .putPart(try PutPartRequest(wire))
    case .getPart(let wire):
      guard let log = LogID(Array(wire.logID)), let id = PartID(Array(wire.partID)) else {
        throw .malformed
      }
      self = .getPart(log, id)
    case .sendSignal(let wire):
      guard wire.body.count == ServerLimits.signalBytes else { throw .malformed }
      self = .signal(try LogRight(wire.right), body: Array(wire.body))
    }
  }

  /// The highest first epoch of a log: it leaves more epochs than a log can ever have.
  static let epochMax = UInt64(1) << 62
}

extension Address {
  /// An address as a frame has it.
  init(parsing text: String) throws(SessionRefusal) {
    do {
      self = try Address(text)
    } catch {
      throw .malformed
    }
  }
}

extension LogStart {
  fileprivate init(after seq: UInt64, epoch: UInt64) {
    self = epoch > 0 ? .epoch(epoch) : .after(seq)
  }
}

extension LogRight {
  private static let tokenByteCount = 32

  fileprivate init(_ wire: WireLogRight) throws(SessionRefusal) {
    guard let id = LogID(Array(wire.logID)), wire.token.count == Self.tokenByteCount else {
      throw .malformed
    }
    self.init(
      logID: id, epoch: wire.epoch, tokenHash: LogTokenHash(hashing: Array(wire.token)))
  }
}

extension AppendRequest {
  fileprivate init(_ wire: WireAppend) throws(SessionRefusal) {
    let right = try LogRight(wire.right)
    let kind: EntryKind
    switch wire.kind {
    case .application: kind = .application
    case .proposal: kind = .proposal
    case .commit, .unspecified, .UNRECOGNIZED: throw .malformed
    }
    guard let id = SubmitID(Array(wire.submitID)), !wire.body.isEmpty,
      let expires = Int64(exactly: wire.expiresMs)
    else { throw .malformed }
    guard wire.body.count <= ServerLimits.applicationBytesMax else { throw .tooLarge }
    self.init(
      right: right, submitID: id, kind: kind, body: Array(wire.body),
      expires: expires == 0 ? nil : Instant(milliseconds: expires))
  }
}

extension CommitRequest {
  fileprivate init(_ wire: WireCommit) throws(SessionRefusal) {
    let right = try LogRight(wire.right)
    guard let id = SubmitID(Array(wire.submitID)),
      let next = LogTokenHash(Array(wire.nextTokenHash)),
      !wire.body.isEmpty, !wire.groupInfo.isEmpty,
      wire.endsEpoch == 0 || wire.endsEpoch >= right.epoch
    else { throw .malformed }
    let longest = max(wire.body.count, wire.groupInfo.count)
    guard longest <= ServerLimits.commitBytesMax,
      wire.parts.count <= ServerLimits.commitPartsMax
    else { throw .tooLarge }
    let parts = wire.parts.compactMap { PartID(Array($0)) }
    guard Set(parts).count == wire.parts.count else { throw .malformed }
    var count = 0
    var devices: Set<DeviceKey> = []
    var welcomes: [Welcome] = []
    for delivery in wire.welcomes {
      count += delivery.devices.count
      guard count <= ServerLimits.welcomeDevicesMax,
        delivery.body.count <= ServerLimits.commitBytesMax
      else { throw .tooLarge }
      guard !delivery.body.isEmpty, !delivery.devices.isEmpty else { throw .malformed }
      var keys: [DeviceKey] = []
      for device in delivery.devices {
        let key = DeviceKey(
          address: try Address(parsing: device.address),
          deviceID: DeviceID(rawValue: device.deviceID))
        // One device joins once: a second Welcome would be of no use to it.
        guard devices.insert(key).inserted else { throw .malformed }
        keys.append(key)
      }
      welcomes.append(Welcome(devices: keys, body: Array(delivery.body)))
    }
    self.init(
      right: right, submitID: id, body: Array(wire.body), nextTokenHash: next,
      groupInfo: Array(wire.groupInfo), welcomes: welcomes, removes: wire.removes,
      endsEpoch: wire.endsEpoch == 0 ? nil : wire.endsEpoch, parts: parts)
  }
}

extension PutPartRequest {
  fileprivate init(_ wire: WirePutPart) throws(SessionRefusal) {
    let right = try LogRight(wire.right)
    guard !wire.body.isEmpty else { throw .malformed }
    guard wire.body.count <= ServerLimits.partBytesMax else { throw .tooLarge }
    self.init(right: right, body: Array(wire.body))
  }
}
