// SPDX-License-Identifier: Apache-2.0

/// Writes big-endian integers and `<V>` vectors (RFC 9420 §2.1) one after the other.
public struct ByteWriter: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  /// The longest vector that the two top bits of a length header leave room for.
  public static let vectorLengthMax = 1 << 30 - 1

  /// An empty writer.
  @inlinable
  public init() {}

  /// An empty writer with room for `capacity` bytes.
  public init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// Writes one byte.
  public mutating func write(_ value: UInt8) { bytes.append(value) }

  /// Writes a big-endian 16-bit integer.
  public mutating func write(_ value: UInt16) {
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    bytes.append(UInt8(truncatingIfNeeded: value))
  }

  /// Writes a big-endian 32-bit integer.
  public mutating func write(_ value: UInt32) {
    write(UInt16(truncatingIfNeeded: value >> 16))
    write(UInt16(truncatingIfNeeded: value))
  }

  /// Writes a big-endian 64-bit integer.
  public mutating func write(_ value: UInt64) {
    write(UInt32(truncatingIfNeeded: value >> 32))
    write(UInt32(truncatingIfNeeded: value))
  }

  /// Writes bytes as they are, with no length before them.
  public mutating func write(raw value: [UInt8]) { bytes.append(contentsOf: value) }

  /// Writes bytes as they are, with no length before them.
  public mutating func write(raw value: Span<UInt8>) {
    unsafe value.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  /// Writes a `<V>` length header in its shortest form (RFC 9420 §2.1.2).
  ///
  /// - Precondition: `length` is at most `vectorLengthMax`.
  public mutating func write(vectorLength length: Int) {
    precondition(length >= 0 && length <= ByteWriter.vectorLengthMax, "vector too long")
    switch length {
    case ...0x3f: write(UInt8(length))
    case ...0x3fff: write(UInt16(length) | 0x4000)
    default: write(UInt32(length) | 0x8000_0000)
    }
  }

  /// Writes an `opaque x<V>`.
  public mutating func write(vector value: [UInt8]) {
    write(vectorLength: value.count)
    write(raw: value)
  }

  /// Writes a `<V>` vector with whatever `content` writes.
  public mutating func writeNested(_ content: (inout ByteWriter) -> Void) {
    var inner = ByteWriter()
    content(&inner)
    write(vector: inner.bytes)
  }

  /// Writes a `T x<V>`: all elements one after the other, the length of all in bytes before them.
  public mutating func write<Value>(
    list values: [Value], _ element: (inout ByteWriter, Value) -> Void
  ) {
    writeNested { inner in
      for value in values { element(&inner, value) }
    }
  }

  /// Writes an `optional<T>` (RFC 9420 §2.1.1).
  public mutating func write<Value>(
    optional value: Value?, _ element: (inout ByteWriter, Value) -> Void
  ) {
    if let value {
      write(UInt8(1))
      element(&self, value)
    } else {
      write(UInt8(0))
    }
  }
}
