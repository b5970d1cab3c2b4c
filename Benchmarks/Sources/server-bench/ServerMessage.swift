// SPDX-License-Identifier: Apache-2.0

import SottoWire
import SwiftProtobuf

/// A `LogsServerFrame`, as far as a load has to understand it. Entries are read in place: decoding
/// hundreds of thousands of them a second would measure this side.
@safe struct ServerMessage {
  enum Content {
    case greeting
    case done
    case appended
    case entries
  }

  let requestID: UInt64
  let content: Content
  private let body: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) throws {
    var position = 0
    var requestID: UInt64 = 0
    if unsafe !bytes.isEmpty && bytes[0] == 0x08 {
      position = 1
      requestID = unsafe try Self.varint(bytes, &position)
    }
    guard position < bytes.count else { throw LoadFailure("an empty frame") }
    let tag = unsafe bytes[position]
    position += 1
    let length = unsafe Int(try Self.varint(bytes, &position))
    guard length == bytes.count - position else {
      throw LoadFailure("a frame of two contents")
    }
    switch tag {
    case 0x12: content = .greeting
    case 0x1a: content = .done
    case 0x3a: content = .appended
    case 0x42: content = .entries
    default:
      let frame = try unsafe WireLogsServerFrame(serializedBytes: Array(bytes))
      throw LoadFailure("the server refuses: \(frame.failure.code)")
    }
    self.requestID = requestID
    unsafe body = UnsafeRawBufferPointer(rebasing: bytes[position...])
  }

  /// Hands on number and message index of each entry.
  func eachEntry(_ take: (_ seq: UInt64, _ index: Int) throws -> Void) throws {
    var position = 0
    while position < body.count {
      let tag = unsafe body[position]
      position += 1
      let value = unsafe try Self.varint(body, &position)
      guard tag & 7 == 2 else { continue }
      let end = position + Int(value)
      if tag == 0x0a {
        let entry = unsafe UnsafeRawBufferPointer(rebasing: body[position..<end])
        let (seq, index) = unsafe try Self.entry(entry)
        try take(seq, index)
      }
      position = end
    }
  }

  private static func entry(_ bytes: UnsafeRawBufferPointer) throws -> (UInt64, Int) {
    var position = 0
    var seq: UInt64 = 0
    var index: Int?
    var bodyBytes = 0
    while position < bytes.count {
      let tag = unsafe bytes[position]
      position += 1
      let value = unsafe try varint(bytes, &position)
      if tag == 0x08 { seq = value }
      guard tag & 7 == 2 else { continue }
      if tag == 0x22 { bodyBytes = Int(value) }
      if tag == 0x2a {
        var number: UInt64 = 0
        for at in position..<(position + 8) { number = unsafe number << 8 | UInt64(bytes[at]) }
        index = Int(number)
      }
      position += Int(value)
    }
    guard let index, bodyBytes == LoadLog.bodyBytes else { throw LoadFailure("a strange entry") }
    return (seq, index)
  }

  private static func varint(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int
  ) throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < bytes.count else { break }
      let byte = unsafe bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw LoadFailure("a frame that does not decode")
  }
}
