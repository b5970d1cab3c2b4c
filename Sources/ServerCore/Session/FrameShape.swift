// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The nested fields of a frame, as far as a frame can hold many of them.
///
/// A protobuf message of empty fields takes two bytes a field on the wire and dozens in memory. The
/// fields are therefore counted before anything is decoded.
struct FrameShape: Sendable {
  /// Messages within this one whose fields are counted too, by field number.
  let nested: [UInt64: FrameShape]

  static let leaf = FrameShape(nested: [:])
  /// InboxClientFrame: upload_key_packages.
  static let inbox = FrameShape(nested: [5: leaf])
  /// LogsClientFrame: commit, its welcomes, their devices.
  static let logs = FrameShape(
    nested: [6: FrameShape(nested: [6: FrameShape(nested: [1: leaf])])])

  /// Refuses a frame with more than `fieldsMax` fields, or one whose fields do not fit in it.
  func check(
    _ frame: Span<UInt8>, fieldsMax: Int = ServerLimits.frameFieldsMax
  ) throws(SessionRefusal) {
    var left = fieldsMax
    try count(frame, left: &left)
  }

  private func count(_ message: Span<UInt8>, left: inout Int) throws(SessionRefusal) {
    var input = message
    while !input.isEmpty {
      guard left > 0 else { throw .tooLarge }
      left -= 1
      let tag = try Self.readVarint(&input)
      switch tag & 7 {
      case 0: _ = try Self.readVarint(&input)
      case 1: try Self.skip(8, of: &input)
      case 5: try Self.skip(4, of: &input)
      case 2:
        let length = try Self.readVarint(&input)
        guard length <= UInt64(input.count) else { throw .malformed }
        if let shape = nested[tag >> 3] {
          try shape.count(input.extracting(first: Int(length)), left: &left)
        }
        try Self.skip(Int(length), of: &input)
      default: throw .malformed
      }
    }
  }

  private static func skip(_ count: Int, of input: inout Span<UInt8>) throws(SessionRefusal) {
    guard count <= input.count else { throw .malformed }
    input = input.extracting(droppingFirst: count)
  }

  private static func readVarint(_ input: inout Span<UInt8>) throws(SessionRefusal) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = try? input.readUInt8() else { throw .malformed }
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw .malformed
  }
}
