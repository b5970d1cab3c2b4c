// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import SansIO
import SwiftProtobuf
import Wire

/// What a session says on `/v1/logs`.
enum LogsResponse {
  case greeting(domains: [ServiceDomain], now: Instant)
  case done
  case failure(SessionRefusal)
  case manifest(SignedManifest)
  case keyPackages(TakenKeyPackages)
  case appended(AppendReceipt)
  case entries(LogPage, isFirst: Bool)
  case groupInfo(epoch: UInt64, sealed: [UInt8])
  case part([UInt8])
  case signal([UInt8])

  /// The frame.
  func frame(requestID: UInt64) -> [UInt8] {
    var frame = WireLogsServerFrame()
    frame.requestID = requestID
    switch self {
    case .greeting(let domains, let now):
      frame.greeting.domains = domains.map(\.text)
      frame.greeting.nowMs = now.wire
    case .done: frame.done = WireDone()
    case .failure(let refusal): frame.failure = WireFailure(refusal)
    case .manifest(let manifest): frame.manifest.manifest = Data(manifest.encoded)
    case .keyPackages(let taken):
      frame.keyPackages.manifest = Data(taken.manifest.encoded)
      frame.keyPackages.packages = taken.packages.map(WireDeviceKeyPackage.init)
    case .appended(let receipt):
      frame.appended.seq = receipt.seq
      frame.appended.acceptedMs = receipt.accepted.wire
      frame.appended.duplicate = receipt.isDuplicate
    case .entries(let page, let isFirst):
      frame.entries = WireLogEntries(page)
      frame.entries.first = isFirst
    case .groupInfo(let epoch, let sealed):
      frame.groupInfo.epoch = epoch
      frame.groupInfo.sealed = Data(sealed)
    case .part(let body): frame.part.body = Data(body)
    case .signal(let body): frame.signal.body = Data(body)
    }
    return frame.encodedFrame
  }
}

extension LogsResponse {
  /// Entries as they stand in `LogEntries`, without what follows them there.
  static func encoded(_ entries: [LogPage.Entry]) -> [UInt8] {
    var wire = WireLogEntries()
    wire.entries = entries.map(WireLogEntry.init)
    return wire.encodedFrame
  }

  /// The frame of `entries` with the page that a reader would have read. The entries come encoded:
  /// a thousand readers get the same bytes, and only what stands around them is each one's own.
  static func frame(_ news: LogNews, epoch: UInt64, requestID: UInt64) -> [UInt8] {
    var rest = WireLogEntries()
    rest.head = news.head
    rest.epoch = epoch
    rest.caughtUp = true
    rest.afterSeq = news.after
    let tail = rest.encodedFrame
    var frame: [UInt8] = []
    let count = news.encoded.count + tail.count
    frame.reserveCapacity(count + 24)
    // LogsServerFrame: request_id = 1, entries = 8.
    frame.append(0x08)
    frame.append(varint: requestID)
    frame.append(0x42)
    frame.append(varint: UInt64(count))
    frame += news.encoded
    frame += tail
    return frame
  }
}

extension [UInt8] {
  fileprivate mutating func append(varint value: UInt64) {
    var rest = value
    while rest > 0x7f {
      append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}

extension Message {
  /// The bytes of a frame of our own making. Our messages have no required fields and no text
  /// that is not UTF-8, so encoding them cannot fail.
  var encodedFrame: [UInt8] {
    guard let bytes: [UInt8] = try? serializedBytes() else {
      preconditionFailure("a frame of our own encodes")
    }
    return bytes
  }
}

extension WireFailure {
  init(_ refusal: SessionRefusal) {
    self.init()
    code = refusal.code
    retryAfterMs = refusal.retryAfter
    epoch = refusal.epoch
    head = refusal.head
  }
}

extension Instant {
  /// Milliseconds as frames have them; times before 1970 are told as 0.
  var wire: UInt64 { UInt64(max(0, milliseconds)) }
}

extension WireDeviceKeyPackage {
  fileprivate init(_ package: TakenKeyPackages.Package) {
    self.init()
    deviceID = package.deviceID.rawValue
    keyPackage = Data(package.body)
    lastResort = package.isLastResort
  }
}

extension WireLogEntries {
  fileprivate init(_ page: LogPage) {
    self.init()
    entries = page.entries.map(WireLogEntry.init)
    head = page.head
    epoch = page.epoch
    gapAfter = page.gap?.after ?? 0
    gapTo = page.gap?.through ?? 0
    caughtUp = page.isCaughtUp
    afterSeq = page.after
  }
}

extension WireLogEntry {
  fileprivate init(_ entry: LogPage.Entry) {
    self.init()
    seq = entry.seq
    switch entry.kind {
    case .application: kind = .application
    case .proposal: kind = .proposal
    case .commit: kind = .commit
    }
    epoch = entry.epoch
    body = Data(entry.body)
    submitID = Data(entry.submitID.bytes)
    acceptedMs = entry.accepted.wire
  }
}
