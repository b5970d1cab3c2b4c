// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SansIO
import SwiftProtobuf
import Wire

/// Why the server refused a request.
struct ServerRefusal: Hashable, Sendable {
  let code: WireErrorCode
  /// How long to wait, when the server says so.
  let retryAfter: Duration?
  /// With `staleEpoch`: the log's epoch and head.
  let epoch: UInt64
  let head: UInt64
}

/// What a server's frame says, on either connection.
enum ServerMessage: Sendable {
  case challenge(nonce: [UInt8])
  case greeting
  case done
  case failure(ServerRefusal)
  case keyPackageCount(oneTime: UInt32, lastResort: Bool)
  case inboxEntries([InboxItem], after: UInt64)
  case manifest([UInt8])
  case keyPackages(manifest: [UInt8], packages: [OfferedKeyPackage])
  case appended(seq: UInt64)
  case logEntries(LogBatch)
  case groupInfo(epoch: UInt64, sealed: [UInt8])
  case part([UInt8])
  case signal([UInt8])

  /// One entry of the inbox.
  struct InboxItem: Sendable {
    let seq: UInt64
    let body: [UInt8]
    let acceptedAt: Instant
  }

  /// A key package as the directory hands it out.
  struct OfferedKeyPackage: Sendable {
    let deviceID: UInt32
    let body: [UInt8]
  }

  /// Entries of a subscription.
  struct LogBatch: Sendable {
    let entries: [LogItem]
    let head: UInt64
    let epoch: UInt64
    /// Entries after `after` up to and with `upTo` are gone.
    let gap: (after: UInt64, upTo: UInt64)?
    let caughtUp: Bool
    /// The batch has all that is left after this entry.
    let after: UInt64
    /// The first batch of its subscription.
    let first: Bool
  }

  /// One entry of a log.
  struct LogItem: Sendable {
    let seq: UInt64
    let kind: WireEntryKind
    let body: [UInt8]
    let submitID: [UInt8]
    let acceptedAt: Instant
  }

  /// Decodes a frame of `/v1/inbox`; nil when it is none, or says nothing that this client knows.
  static func inbox(_ bytes: [UInt8]) -> (requestID: UInt64, message: ServerMessage)? {
    guard let frame = try? WireInboxServerFrame(serializedBytes: bytes) else { return nil }
    switch frame.response {
    case .challenge(let challenge):
      return (frame.requestID, .challenge(nonce: [UInt8](challenge.nonce)))
    case .done: return (frame.requestID, .done)
    case .failure(let failure): return (frame.requestID, .failure(ServerRefusal(failure)))
    case .keyPackageCount(let count):
      return (
        frame.requestID,
        .keyPackageCount(oneTime: count.oneTime, lastResort: count.lastResort)
      )
    case .entries(let entries):
      let items = entries.entries.map { entry in
        InboxItem(
          seq: entry.seq, body: [UInt8](entry.body), acceptedAt: Instant(wire: entry.acceptedMs))
      }
      return (frame.requestID, .inboxEntries(items, after: entries.afterSeq))
    case nil: return nil
    }
  }

  /// Decodes a frame of `/v1/logs`; nil when it is none, or says nothing that this client knows.
  static func logs(_ bytes: [UInt8]) -> (requestID: UInt64, message: ServerMessage)? {
    guard let frame = try? WireLogsServerFrame(serializedBytes: bytes) else { return nil }
    switch frame.response {
    case .greeting: return (frame.requestID, .greeting)
    case .done: return (frame.requestID, .done)
    case .failure(let failure): return (frame.requestID, .failure(ServerRefusal(failure)))
    case .manifest(let manifest):
      return (frame.requestID, .manifest([UInt8](manifest.manifest)))
    case .keyPackages(let answer):
      let packages = answer.packages.map { package in
        OfferedKeyPackage(deviceID: package.deviceID, body: [UInt8](package.keyPackage))
      }
      return (
        frame.requestID, .keyPackages(manifest: [UInt8](answer.manifest), packages: packages)
      )
    case .appended(let appended): return (frame.requestID, .appended(seq: appended.seq))
    case .entries(let entries): return (frame.requestID, .logEntries(LogBatch(entries)))
    case .groupInfo(let info):
      return (frame.requestID, .groupInfo(epoch: info.epoch, sealed: [UInt8](info.sealed)))
    case .part(let part): return (frame.requestID, .part([UInt8](part.body)))
    case .signal(let signal): return (frame.requestID, .signal([UInt8](signal.body)))
    case nil: return nil
    }
  }
}

extension ServerRefusal {
  fileprivate init(_ wire: WireFailure) {
    code = wire.code
    let wait = Int64(min(wire.retryAfterMs, 86_400_000))
    retryAfter = wait == 0 ? nil : .milliseconds(wait)
    epoch = wire.epoch
    head = wire.head
  }
}

extension ServerMessage.LogBatch {
  fileprivate init(_ wire: WireLogEntries) {
    entries = wire.entries.map { entry in
      ServerMessage.LogItem(
        seq: entry.seq, kind: entry.kind, body: [UInt8](entry.body),
        submitID: [UInt8](entry.submitID), acceptedAt: Instant(wire: entry.acceptedMs))
    }
    head = wire.head
    epoch = wire.epoch
    gap = wire.gapTo == 0 ? nil : (wire.gapAfter, wire.gapTo)
    caughtUp = wire.caughtUp
    after = wire.afterSeq
    first = wire.first
  }
}

extension Instant {
  fileprivate init(wire milliseconds: UInt64) {
    self.init(milliseconds: Int64(clamping: milliseconds))
  }
}
