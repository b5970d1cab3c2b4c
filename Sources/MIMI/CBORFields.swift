// SPDX-License-Identifier: Apache-2.0

import SansIO

/// Reading the fields of a structure whose shape is known, one after the other. Each call names the
/// field, so that a failure says which one is wrong.
extension Span where Element == UInt8 {
  /// Takes an unsigned integer of at most `maximum`.
  mutating func readCBORUnsigned(
    maximum: UInt64 = .max, field: StaticName
  ) throws(DecodingFailure) -> UInt64 {
    let head = try readCBORHead()
    guard head.majorType == .unsigned, head.argument <= maximum else {
      throw .invalidValue(field: field)
    }
    return head.argument
  }

  /// Takes a byte string.
  mutating func readCBORBytes(
    maximum: Int = .max, field: StaticName
  ) throws(DecodingFailure) -> [UInt8] {
    try readBytes(try readCBORCount(.bytes, maximum: maximum, field: field))
  }

  /// Takes a byte string of exactly `length` bytes.
  mutating func readCBORBytes(
    exactly length: Int, field: StaticName
  ) throws(DecodingFailure) -> [UInt8] {
    let head = try readCBORHead()
    guard head.majorType == .bytes, head.argument == UInt64(length) else {
      throw .invalidValue(field: field)
    }
    return try readBytes(length)
  }

  /// Takes a text string of valid UTF-8 (RFC 8949 §3.1).
  mutating func readCBORText(
    maximum: Int = .max, field: StaticName
  ) throws(DecodingFailure) -> String {
    let bytes = try readBytes(try readCBORCount(.text, maximum: maximum, field: field))
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .invalidValue(field: "CBOR text")
    }
    return text
  }

  /// Takes the head of an array.
  mutating func readCBORArray(
    maximum: Int, field: StaticName
  ) throws(DecodingFailure) -> Int {
    try readCBORCount(.array, maximum: maximum, field: field)
  }

  /// Takes the head of an array that must have `count` elements.
  mutating func readCBORArray(
    exactly count: Int, field: StaticName
  ) throws(DecodingFailure) {
    let head = try readCBORHead()
    guard head.majorType == .array, head.argument == UInt64(count) else {
      throw .invalidValue(field: field)
    }
  }

  /// Takes `true` or `false`.
  mutating func readCBORBool(field: StaticName) throws(DecodingFailure) -> Bool {
    switch try readUInt8() {
    case CBORValue.falseByte: false
    case CBORValue.trueByte: true
    default: throw .invalidValue(field: field)
    }
  }

  /// Takes `null`, or else whatever `value` takes.
  mutating func readCBORNullable<Value>(
    _ value: (inout Span<UInt8>) throws(DecodingFailure) -> Value
  ) throws(DecodingFailure) -> Value? {
    guard !isEmpty else { throw .truncated }
    guard self[0] == CBORValue.nullByte else { return try value(&self) }
    _ = try readUInt8()
    return nil
  }
}

/// Writing the fields of a structure, each in its one deterministic form.
extension ByteWriter {
  /// Writes an unsigned integer.
  mutating func writeCBOR(unsigned value: UInt64) { writeCBORHead(.unsigned, value) }

  /// Writes a byte string.
  mutating func writeCBOR(bytes value: [UInt8]) {
    writeCBORHead(.bytes, UInt64(value.count))
    write(raw: value)
  }

  /// Writes a text string.
  mutating func writeCBOR(text value: String) {
    let bytes = Array(value.utf8)
    writeCBORHead(.text, UInt64(bytes.count))
    write(raw: bytes)
  }

  /// Writes the head of an array; its elements follow.
  mutating func writeCBOR(arrayOf count: Int) { writeCBORHead(.array, UInt64(count)) }

  /// Writes `true` or `false`.
  mutating func writeCBOR(bool value: Bool) {
    write(value ? CBORValue.trueByte : CBORValue.falseByte)
  }

  /// Writes `null`.
  mutating func writeCBORNull() { write(CBORValue.nullByte) }
}
