// SPDX-License-Identifier: Apache-2.0

/// A value with one byte form: `decode(encode(x)) == x`, and `encode(decode(b)) == b` for every
/// `b` that decodes.
public protocol WireValue: Sendable {
  /// Takes the value from the front of `input`.
  init(from input: inout Span<UInt8>) throws(DecodingFailure)

  /// Appends the value's bytes.
  func encode(to output: inout ByteWriter)
}

extension WireValue {
  /// Decodes a value that must fill `bytes` exactly.
  ///
  /// - Throws: `trailingBytes` when bytes are left over, and whatever the value's own decoder says.
  public init(decoding bytes: [UInt8]) throws(DecodingFailure) {
    var input = bytes.span
    let value = try Self(from: &input)
    guard input.isEmpty else { throw .trailingBytes }
    self = value
  }

  /// The value's bytes.
  public var encoded: [UInt8] {
    var output = ByteWriter()
    encode(to: &output)
    return output.bytes
  }
}

extension ByteWriter {
  /// Writes a value with its own encoder.
  public mutating func write(_ value: some WireValue) { value.encode(to: &self) }

  /// Writes a `T x<V>` of values with their own encoder.
  public mutating func write<Value: WireValue>(list values: [Value]) {
    write(list: values) { output, value in value.encode(to: &output) }
  }

  /// Writes an `optional<T>` of a value with its own encoder.
  public mutating func write<Value: WireValue>(optional value: Value?) {
    write(optional: value) { output, value in value.encode(to: &output) }
  }
}
