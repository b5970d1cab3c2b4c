// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Any CBOR data item in deterministic encoding (RFC 8949 §4.2.1) that the data model of
/// draft-ietf-mimi-content-08 allows. Two values are equal when their bytes are.
public indirect enum CBORValue: WireValue {
  /// 0 to 2^64 − 1.
  case unsigned(UInt64)
  /// The integer `−1 − n`.
  case negative(UInt64)
  /// A byte string.
  case bytes([UInt8])
  /// A text string.
  case text(String)
  /// An array.
  case array([CBORValue])
  /// A map, in the order of its encoded keys.
  case map(CBORMap)
  /// A tag and what it stands before.
  case tagged(UInt64, CBORValue)
  /// A simple value: 20 false, 21 true, 22 null, 23 undefined, others unassigned.
  case simple(UInt8)
  /// A floating-point number.
  case float(Double)

  /// `false`, `true`.
  public static func bool(_ value: Bool) -> CBORValue { .simple(value ? 21 : 20) }
  /// `null`.
  public static let null = CBORValue.simple(22)

  /// How deep arrays, maps and tags may lie in one another where nothing else is said.
  public static let levelsMax = 4

  static let falseByte: UInt8 = 0xf4
  static let trueByte: UInt8 = 0xf5
  static let nullByte: UInt8 = 0xf6

  /// Takes one data item of at most `levelsMax` levels.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    try self.init(from: &input, levels: Self.levelsMax)
  }

  /// Takes one data item with at most `levels` of arrays, maps and tags in one another.
  ///
  /// - Throws: `limitExceeded` when it is deeper, and what is not deterministic as
  ///   `nonMinimalLength` or `invalidValue`.
  init(from input: inout Span<UInt8>, levels: Int) throws(DecodingFailure) {
    let head = try input.readCBORHead()
    switch head.majorType {
    case .unsigned: self = .unsigned(head.argument)
    case .negative: self = .negative(head.argument)
    case .bytes: self = .bytes(try input.readBytes(try input.checkedCBORCount(head)))
    case .text:
      let bytes = try input.readBytes(try input.checkedCBORCount(head))
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw .invalidValue(field: "CBOR text")
      }
      self = .text(text)
    case .array:
      guard levels > 0 else { throw .limitExceeded }
      let count = try input.checkedCBORCount(head)
      var elements: [CBORValue] = []
      for _ in 0..<count { elements.append(try CBORValue(from: &input, levels: levels - 1)) }
      self = .array(elements)
    case .map:
      guard levels > 0 else { throw .limitExceeded }
      let count = try input.checkedCBORCount(head, itemBytesMin: 2)
      self = .map(try CBORMap(count: count, from: &input, levels: levels - 1))
    case .tag:
      guard levels > 0 else { throw .limitExceeded }
      let content = try CBORValue(from: &input, levels: levels - 1)
      guard !CBORValue.isReducibleBignum(tag: head.argument, content) else {
        throw .nonMinimalLength
      }
      self = .tagged(head.argument, content)
    case .other: self = try CBORValue(other: head)
    }
  }

  /// Appends the data item.
  public func encode(to output: inout ByteWriter) {
    switch self {
    case .unsigned(let value): output.writeCBORHead(.unsigned, value)
    case .negative(let value): output.writeCBORHead(.negative, value)
    case .bytes(let value): output.writeCBOR(bytes: value)
    case .text(let value): output.writeCBOR(text: value)
    case .array(let elements):
      output.writeCBOR(arrayOf: elements.count)
      for element in elements { element.encode(to: &output) }
    case .map(let map): map.encode(to: &output)
    case .tagged(let tag, let content):
      output.writeCBORHead(.tag, tag)
      content.encode(to: &output)
    case .simple(let value): output.writeCBORHead(.other, UInt64(value))
    case .float(let value): output.writeCBOR(float: value)
    }
  }

  /// How many arrays, maps and tags lie in one another.
  var levels: Int {
    switch self {
    case .unsigned, .negative, .bytes, .text, .simple, .float: 0
    case .array(let elements): 1 + (elements.map(\.levels).max() ?? 0)
    case .map(let map): 1 + (map.entries.map(\.value.levels).max() ?? 0)
    case .tagged(_, let content): 1 + content.levels
    }
  }

  /// What major type 7 holds: simple values and floats (RFC 8949 §3.3).
  private init(other head: CBORHead) throws(DecodingFailure) {
    switch head.information {
    case 25, 26, 27: self = .float(try CBORFloat.decode(head))
    case 24:
      guard head.argument >= 32 else { throw .invalidValue(field: "CBOR simple value") }
      self = .simple(UInt8(truncatingIfNeeded: head.argument))
    default: self = .simple(head.information)
    }
  }

  /// Whether a bignum (tags 2 and 3, RFC 8949 §3.4.3) could be a plain integer or has a leading
  /// zero.
  private static func isReducibleBignum(tag: UInt64, _ content: CBORValue) -> Bool {
    guard tag == 2 || tag == 3, case .bytes(let bytes) = content else { return false }
    return bytes.count <= 8 || bytes.first == 0
  }
}

extension CBORValue: Hashable {
  /// Compares the bytes: two texts of the same look and different bytes differ.
  public static func == (left: CBORValue, right: CBORValue) -> Bool {
    left.encoded == right.encoded
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) { hasher.combine(encoded) }
}
