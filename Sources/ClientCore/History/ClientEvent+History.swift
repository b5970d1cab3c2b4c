// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The stored form of what is told about history: two numbers.
extension Span where Element == UInt8 {
  /// Takes what follows the tag.
  mutating func readHistoryEvent(_ tag: UInt8) throws(DecodingFailure) -> ClientEvent.Kind {
    guard tag == 90 || tag == 91 else { throw .invalidValue(field: "event kind") }
    let first = try readUInt64()
    let second = try readUInt64()
    if tag == 90 { return .historyReceived(messages: first, missing: second) }
    guard let deviceID = UInt32(exactly: first) else { throw .invalidValue(field: "device") }
    return .historyGiven(deviceID: deviceID, messages: second)
  }
}

extension ByteWriter {
  mutating func writeHistoryEvent(_ tag: UInt8, _ first: UInt64, _ second: UInt64) {
    write(tag)
    write(first)
    write(second)
  }
}
