// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoWire
import SwiftProtobuf

/// A log with the right to it, and the requests about it.
struct LoadLog {
  /// What a padded text of some lines comes to as a PrivateMessage (RFC 9420 §6.3).
  static let bodyBytes = 1_024

  private let right: WireLogRight
  private let body: Data

  init() {
    var random = SystemRandomNumberGenerator()
    func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
    var right = WireLogRight()
    right.logID = Data(bytes(32))
    right.epoch = 1
    right.token = Self.token
    self.right = right
    // MLSMessage: version 1, PrivateMessage, group id, epoch, application; the rest is sealed.
    let group = [UInt8]([32]) + bytes(32)
    let head: [UInt8] = [0, 1, 0, 2] + group + [0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 28] + bytes(28)
    let sealed = Self.bodyBytes - head.count - 2
    body = Data(head + [UInt8(0x40 | sealed >> 8), UInt8(sealed & 0xff)] + bytes(sealed))
  }

  private static let token = Data((0..<32).map { UInt8($0) })
  /// SHA-256 of the token above.
  private static let tokenHash = Data(
    [
      0x63, 0x0d, 0xcd, 0x29, 0x66, 0xc4, 0x33, 0x66, 0x91, 0x12, 0x54, 0x48, 0xbb, 0xb2, 0x5b,
      0x4f, 0xf4, 0x12, 0xa4, 0x9c, 0x73, 0x2d, 0xb2, 0xc8, 0xab, 0xc1, 0xb8, 0x58, 0x1b, 0xd7,
      0x10, 0xdd,
    ])

  func create(_ requestID: UInt64) throws -> [UInt8] {
    try Self.frame(requestID) { frame in
      frame.createLog.logID = right.logID
      frame.createLog.epoch = right.epoch
      frame.createLog.tokenHash = Self.tokenHash
    }
  }

  func subscribe(_ requestID: UInt64) throws -> [UInt8] {
    try Self.frame(requestID) { frame in frame.subscribeLog.right = right }
  }

  /// An append whose submit id bears the number of the message in this run.
  func append(_ requestID: UInt64, index: Int) throws -> [UInt8] {
    var id = Data(count: 16)
    for byte in 0..<8 { id[byte] = UInt8(truncatingIfNeeded: index >> (56 - 8 * byte)) }
    return try Self.frame(requestID) { frame in
      frame.append.right = right
      frame.append.submitID = id
      frame.append.kind = .application
      frame.append.body = body
    }
  }

  static func acknowledge(
    _ requestID: UInt64, subscription: UInt64, seq: UInt64
  ) throws -> [UInt8] {
    try frame(requestID) { frame in
      frame.acknowledgeLog.subscription = subscription
      frame.acknowledgeLog.seq = seq
    }
  }

  private static func frame(
    _ requestID: UInt64, _ fill: (inout WireLogsClientFrame) -> Void
  ) throws -> [UInt8] {
    var frame = WireLogsClientFrame()
    frame.requestID = requestID
    fill(&frame)
    return try frame.serializedBytes()
  }
}
