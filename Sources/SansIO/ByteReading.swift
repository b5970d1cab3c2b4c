// SPDX-License-Identifier: Apache-2.0

/// Why bytes could not be decoded. Every decoder of the package throws exactly this type.
public enum DecodingFailure: Error, Hashable, Sendable {
  /// The input ended before the value did.
  case truncated
  /// The value ended before its input did.
  case trailingBytes
  /// A length header used more bytes than it needs (RFC 9420 §2.1.2 forbids that).
  case nonMinimalLength
  /// A length header began with the reserved prefix `0b11` (RFC 9420 §2.1.2).
  case reservedLengthPrefix
  /// A length or a count is above the limit that the caller allows.
  case limitExceeded
  /// A field holds a value that its definition does not allow; the name says which.
  case invalidValue(field: StaticName)
}

/// A field's name, fixed at compile time, so that no input can ever reach an error text.
public struct StaticName: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The name itself.
  public let description: String

  /// Takes the literal.
  public init(stringLiteral value: StaticString) { description = value.description }
}

/// Reading from the front of a span: each call takes what it read and leaves the rest.
extension Span where Element == UInt8 {
  /// Takes one byte.
  @inlinable
  public mutating func readUInt8() throws(DecodingFailure) -> UInt8 {
    guard !isEmpty else { throw .truncated }
    let value = self[0]
    self = extracting(droppingFirst: 1)
    return value
  }

  /// Takes a big-endian 16-bit integer.
  @inlinable
  public mutating func readUInt16() throws(DecodingFailure) -> UInt16 {
    guard count >= 2 else { throw .truncated }
    let value = UInt16(self[0]) << 8 | UInt16(self[1])
    self = extracting(droppingFirst: 2)
    return value
  }

  /// Takes a big-endian 32-bit integer.
  @inlinable
  public mutating func readUInt32() throws(DecodingFailure) -> UInt32 {
    let high = try readUInt16()
    let low = try readUInt16()
    return UInt32(high) << 16 | UInt32(low)
  }

  /// Takes a big-endian 64-bit integer.
  @inlinable
  public mutating func readUInt64() throws(DecodingFailure) -> UInt64 {
    let high = try readUInt32()
    let low = try readUInt32()
    return UInt64(high) << 32 | UInt64(low)
  }

  /// Takes `length` bytes into an array of their own.
  @inlinable
  public mutating func readBytes(_ length: Int) throws(DecodingFailure) -> [UInt8] {
    guard length >= 0, length <= count else { throw .truncated }
    let bytes = extracting(first: length).copied()
    self = extracting(droppingFirst: length)
    return bytes
  }

  /// Takes all that is left.
  @inlinable
  public mutating func readRest() -> [UInt8] {
    let bytes = copied()
    self = extracting(first: 0)
    return bytes
  }

  /// The bytes as an array; the span stays as it is.
  @inlinable
  public func copied() -> [UInt8] {
    unsafe withUnsafeBufferPointer { unsafe Array($0) }
  }

  /// Takes the variable-size vector length header of RFC 9420 §2.1.2 (`<V>`) and checks it
  /// against what is left of the input, so that nothing is allocated from a claimed length.
  ///
  /// - Throws: `reservedLengthPrefix`, `nonMinimalLength`, `limitExceeded` above `maximum`,
  ///   `truncated` when fewer bytes are left than it announces.
  @inlinable
  public mutating func readVectorLength(maximum: Int = .max) throws(DecodingFailure) -> Int {
    let length = try readLengthHeader()
    guard length <= maximum else { throw .limitExceeded }
    guard length <= count else { throw .truncated }
    return length
  }

  /// Takes the length header alone, without looking at what follows (RFC 9420 §2.1.2).
  @inlinable
  public mutating func readLengthHeader() throws(DecodingFailure) -> Int {
    let first = try readUInt8()
    switch first >> 6 {
    case 0:
      return Int(first)
    case 1:
      let value = Int(first & 0x3f) << 8 | Int(try readUInt8())
      guard value > 0x3f else { throw .nonMinimalLength }
      return value
    case 2:
      let second = Int(try readUInt8())
      let low = Int(try readUInt16())
      let value = Int(first & 0x3f) << 24 | second << 16 | low
      guard value > 0x3fff else { throw .nonMinimalLength }
      return value
    default:
      throw .reservedLengthPrefix
    }
  }

  /// Takes an `opaque x<V>` (RFC 9420 §2.1.2) of at most `maximum` bytes.
  @inlinable
  public mutating func readVector(maximum: Int = .max) throws(DecodingFailure) -> [UInt8] {
    try readBytes(try readVectorLength(maximum: maximum))
  }

  /// Takes a vector of structs, `T x<V>`: `element` is called until the vector's bytes are used up.
  ///
  /// - Throws: `limitExceeded` when more than `maximumCount` elements are there.
  @inlinable
  public mutating func readList<Value>(
    maximumCount: Int, of element: (inout Span<UInt8>) throws(DecodingFailure) -> Value
  ) throws(DecodingFailure) -> [Value] {
    let length = try readVectorLength()
    var body = extracting(first: length)
    self = extracting(droppingFirst: length)
    var values: [Value] = []
    while !body.isEmpty {
      guard values.count < maximumCount else { throw .limitExceeded }
      let before = body.count
      values.append(try element(&body))
      guard body.count < before else { throw .invalidValue(field: "empty list element") }
    }
    return values
  }

  /// Takes a `<V>` vector whose content is one value that must fill it exactly.
  ///
  /// - Throws: `trailingBytes` when `content` leaves bytes over.
  @inlinable
  public mutating func readNested<Value>(
    maximum: Int = .max, _ content: (inout Span<UInt8>) throws(DecodingFailure) -> Value
  ) throws(DecodingFailure) -> Value {
    let length = try readVectorLength(maximum: maximum)
    var body = extracting(first: length)
    self = extracting(droppingFirst: length)
    let value = try content(&body)
    guard body.isEmpty else { throw .trailingBytes }
    return value
  }

  /// Takes a byte that says no (0) or yes (1).
  ///
  /// - Throws: `invalidValue` with `field` for every other byte.
  @inlinable
  public mutating func readFlag(field: StaticName) throws(DecodingFailure) -> Bool {
    switch try readUInt8() {
    case 0: return false
    case 1: return true
    default: throw .invalidValue(field: field)
    }
  }

  /// Takes an `optional<T>` (RFC 9420 §2.1.1): a presence byte of 0 or 1, then the value.
  @inlinable
  public mutating func readOptional<Value>(
    _ value: (inout Span<UInt8>) throws(DecodingFailure) -> Value
  ) throws(DecodingFailure) -> Value? {
    switch try readUInt8() {
    case 0: return nil
    case 1: return try value(&self)
    default: throw .invalidValue(field: "optional presence")
    }
  }
}
