// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The extension fields of a message (draft-ietf-mimi-content-08, "Extension Fields"), in the order
/// of their encoded keys.
public struct ContentExtensions: Hashable, Sendable {
  /// The most fields of one message.
  public static let countMax = 64
  /// The longest value, in bytes of its encoding.
  public static let valueLengthMax = 4095
  /// The length of a text key, in bytes.
  public static let textKeyLength = 1...255
  /// How deep a value may be: the map that holds it is the first of four levels.
  static let valueLevelsMax = CBORValue.levelsMax - 1

  static let senderURIKey = CBORKey.integer(1)
  static let roomURIKey = CBORKey.integer(2)
  static let manifestKey = CBORKey.text("app.sotto.manifest")

  private var map = CBORMap()

  /// No fields.
  public init() {}

  /// The fields, in order.
  public var entries: [CBORMap.Entry] { map.entries }

  /// The value of a field, known or not. Setting `nil` takes the field out.
  ///
  /// - Precondition: what is set is a value that every receiver takes: a key of an integer or of 1
  /// to
  ///   255 bytes of text, at most 4,095 bytes and three levels.
  public subscript(key: CBORKey) -> CBORValue? {
    get { map[key] }
    set {
      if let newValue {
        precondition(ContentExtensions.isAllowed(key), "key not allowed")
        precondition(newValue.levels <= Self.valueLevelsMax, "value too deep")
        precondition(newValue.encoded.count <= Self.valueLengthMax, "value too long")
      }
      map[key] = newValue
    }
  }

  /// The URI of the sender's account, when the message carries it (key 1).
  public var senderURI: String? {
    get { text(Self.senderURIKey) }
    set { self[Self.senderURIKey] = newValue.map(CBORValue.text) }
  }

  /// The URI of the conversation, when the message carries it (key 2).
  public var roomURI: String? {
    get { text(Self.roomURIKey) }
    set { self[Self.roomURIKey] = newValue.map(CBORValue.text) }
  }

  /// Which manifest the sender holds for its own account, when the message says so: a private
  /// field, by which a device list shown to one person and not to another is noticed.
  public var senderManifest: SenderManifest? {
    get { map[Self.manifestKey].flatMap(SenderManifest.init(value:)) }
    set { self[Self.manifestKey] = newValue?.value }
  }

  private func text(_ key: CBORKey) -> String? {
    guard case .text(let text) = map[key] else { return nil }
    return text
  }

  private static func isAllowed(_ key: CBORKey) -> Bool {
    switch key {
    case .integer(let integer): integer.magnitude <= CBORKey.integerMax.magnitude
    case .text(let text): textKeyLength.contains(text.utf8.count)
    case .bytes: false
    }
  }

  /// Takes the map of extension fields. Those that this target knows have to be of their type.
  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let count = try input.readCBORCount(
      .map, itemBytesMin: 2, maximum: Self.countMax, field: "extensions")
    map = try CBORMap(count: count, from: &input) {
      (key: CBORKey, body: inout Span<UInt8>) throws(DecodingFailure) in
      guard Self.isAllowed(key) else { throw .invalidValue(field: "extension key") }
      let before = body.count
      let value = try CBORValue(from: &body, levels: Self.valueLevelsMax)
      guard before - body.count <= Self.valueLengthMax else { throw .limitExceeded }
      return value
    }
    for (key, field) in [
      (Self.senderURIKey, "sender URI"), (Self.roomURIKey, "room URI"),
    ] as [(CBORKey, StaticName)] {
      if map[key] != nil, text(key) == nil { throw .invalidValue(field: field) }
    }
    if map[Self.manifestKey] != nil, senderManifest == nil {
      throw .invalidValue(field: "sender manifest")
    }
  }

  /// Appends the map.
  func encode(to output: inout ByteWriter) { map.encode(to: &output) }
}

/// Which of its own manifests a sender holds: the number and the first 8 bytes of the hash.
///
/// ```
/// "app.sotto.manifest" => [version: uint .size 4, hash: bstr .size 8]
/// ```
public struct SenderManifest: Hashable, Sendable {
  /// The length of the short hash, in bytes.
  public static let hashByteCount = 8

  /// The number of the manifest.
  public let version: UInt32
  /// The first 8 bytes of the signed manifest's SHA-256.
  public let hash: [UInt8]

  /// Takes the number and at least 8 bytes of the hash, of which it keeps 8; `nil` for fewer.
  public init?(version: UInt32, hash: [UInt8]) {
    guard hash.count >= Self.hashByteCount else { return nil }
    self.version = version
    self.hash = Array(hash[..<Self.hashByteCount])
  }

  init?(value: CBORValue) {
    guard case .array(let fields) = value, fields.count == 2,
      case .unsigned(let number) = fields[0], let version = UInt32(exactly: number),
      case .bytes(let hash) = fields[1], hash.count == Self.hashByteCount
    else { return nil }
    self.version = version
    self.hash = hash
  }

  var value: CBORValue { .array([.unsigned(UInt64(version)), .bytes(hash)]) }
}
