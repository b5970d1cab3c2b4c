// SPDX-License-Identifier: Apache-2.0

import SansIO

/// A key of a map: the three types that draft-ietf-mimi-content-08 allows. Integers stay within
/// what a double holds exactly.
public enum CBORKey: Hashable, Sendable {
  /// −(2^53 − 1) to 2^53 − 1.
  case integer(Int64)
  /// A text string.
  case text(String)
  /// A byte string.
  case bytes([UInt8])

  /// The largest magnitude of an integer key.
  public static let integerMax: Int64 = 1 << 53 - 1

  /// Takes one key.
  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    switch try CBORValue(from: &input, levels: 0) {
    case .unsigned(let value):
      guard let integer = Int64(exactly: value), integer <= Self.integerMax else {
        throw .invalidValue(field: "CBOR map key")
      }
      self = .integer(integer)
    case .negative(let value):
      guard let magnitude = Int64(exactly: value), magnitude < Self.integerMax else {
        throw .invalidValue(field: "CBOR map key")
      }
      self = .integer(-1 - magnitude)
    case .text(let text): self = .text(text)
    case .bytes(let bytes): self = .bytes(bytes)
    case .array, .map, .tagged, .simple, .float: throw .invalidValue(field: "CBOR map key")
    }
  }

  /// The key as a data item.
  var value: CBORValue {
    switch self {
    case .integer(let integer):
      integer < 0 ? .negative(UInt64(-1 - integer)) : .unsigned(UInt64(integer))
    case .text(let text): .text(text)
    case .bytes(let bytes): .bytes(bytes)
    }
  }

  /// The key's bytes, which decide about order and identity.
  var encoded: [UInt8] { value.encoded }

  /// Compares the bytes.
  public static func == (left: CBORKey, right: CBORKey) -> Bool { left.value == right.value }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

/// A map whose entries stand in the order of their encoded keys (RFC 8949 §4.2.1), each key once.
public struct CBORMap: Hashable, Sendable {
  /// One key and its value.
  public struct Entry: Hashable, Sendable {
    /// The key.
    public let key: CBORKey
    /// The value.
    public let value: CBORValue
  }

  /// The entries, in order.
  public private(set) var entries: [Entry] = []

  /// An empty map.
  public init() {}

  /// Takes `count` entries.
  ///
  /// - Throws: `invalidValue` naming the order or a key that comes twice.
  init(count: Int, from input: inout Span<UInt8>, levels: Int) throws(DecodingFailure) {
    try self.init(count: count, from: &input) {
      (key: CBORKey, body: inout Span<UInt8>) throws(DecodingFailure) in
      try CBORValue(from: &body, levels: levels)
    }
  }

  /// Takes `count` entries whose values `value` takes.
  init(
    count: Int, from input: inout Span<UInt8>,
    value: (CBORKey, inout Span<UInt8>) throws(DecodingFailure) -> CBORValue
  ) throws(DecodingFailure) {
    var previous: [UInt8] = []
    for _ in 0..<count {
      let key = try CBORKey(from: &input)
      let encoded = key.encoded
      guard encoded != previous else { throw .invalidValue(field: "CBOR duplicate key") }
      guard previous.lexicographicallyPrecedes(encoded) else {
        throw .invalidValue(field: "CBOR map order")
      }
      previous = encoded
      entries.append(Entry(key: key, value: try value(key, &input)))
    }
  }

  /// The value of a key. Setting `nil` takes the key out.
  public subscript(key: CBORKey) -> CBORValue? {
    get { entries.first { entry in entry.key == key }?.value }
    set {
      entries.removeAll { entry in entry.key == key }
      guard let newValue else { return }
      let encoded = key.encoded
      let place = entries.firstIndex { entry in
        encoded.lexicographicallyPrecedes(entry.key.encoded)
      }
      entries.insert(Entry(key: key, value: newValue), at: place ?? entries.endIndex)
    }
  }

  /// Appends the map.
  func encode(to output: inout ByteWriter) {
    output.writeCBORHead(.map, UInt64(entries.count))
    for entry in entries {
      output.write(entry.key.value)
      output.write(entry.value)
    }
  }
}
