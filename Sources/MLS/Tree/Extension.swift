// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// `uint16 ExtensionType` (RFC 9420 §17.3).
public struct ExtensionType: RawRepresentable, Hashable, Sendable, WireValue {
  /// The registered number.
  public let rawValue: UInt16

  /// Takes any number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// An application's name for a leaf (RFC 9420 §5.3.3).
  public static let applicationID = ExtensionType(rawValue: 0x0001)
  /// The tree inside a GroupInfo (RFC 9420 §12.4.3.3).
  public static let ratchetTree = ExtensionType(rawValue: 0x0002)
  /// What every member has to support (RFC 9420 §11.1).
  public static let requiredCapabilities = ExtensionType(rawValue: 0x0003)
  /// The key for external joins, inside a GroupInfo (RFC 9420 §12.4.3.2).
  public static let externalPub = ExtensionType(rawValue: 0x0004)
  /// Who may propose from outside (RFC 9420 §12.1.8.1).
  public static let externalSenders = ExtensionType(rawValue: 0x0005)
  /// Marks a key package that may be used more than once (draft-ietf-mls-extensions).
  public static let lastResort = ExtensionType(rawValue: 0x000A)

  /// Whether every client is assumed to implement the type, so that capabilities do not list it
  /// (RFC 9420 §7.2).
  public var isDefault: Bool { (0x0001...0x0005).contains(rawValue) }

  /// Takes the number from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    self.init(rawValue: try input.readUInt16())
  }

  /// Writes the number.
  public func encode(to output: inout ByteWriter) { output.write(rawValue) }
}

/// An extension, its content kept as bytes (RFC 9420 §7.2, §13.4). Unknown types, GREASE values
/// among them, pass through unchanged.
///
/// ```
/// struct { ExtensionType extension_type; opaque extension_data<V>; } Extension;
/// ```
public struct Extension: Hashable, Sendable, WireValue {
  /// What the data means.
  public let type: ExtensionType
  /// The content.
  public let data: [UInt8]

  /// The most extensions that one list may hold: a bound on work, far above what is in use.
  public static let listCountMax = 256

  /// An extension with this content.
  public init(type: ExtensionType, data: [UInt8]) {
    self.type = type
    self.data = data
  }

  /// An extension whose content is the encoding of `value`.
  public init(type: ExtensionType, _ value: some WireValue) {
    self.init(type: type, data: value.encoded)
  }

  /// Takes one extension from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    type = try ExtensionType(from: &input)
    data = try input.readVector()
  }

  /// Writes the extension.
  public func encode(to output: inout ByteWriter) {
    output.write(type)
    output.write(vector: data)
  }
}

extension Span where Element == UInt8 {
  /// Takes an `Extension extensions<V>`.
  ///
  /// - Throws: `invalidValue` when a type occurs twice (RFC 9420 §13.4), `limitExceeded` above
  ///   `Extension.listCountMax`.
  public mutating func readExtensions() throws(DecodingFailure) -> [Extension] {
    let list = try readList(maximumCount: Extension.listCountMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try Extension(from: &input)
    }
    guard Set(list.map(\.type)).count == list.count else {
      throw .invalidValue(field: "duplicate extension type")
    }
    return list
  }
}

extension Array where Element == Extension {
  /// The content of the extension of this type, or `nil`.
  public func data(of type: ExtensionType) -> [UInt8]? { first { $0.type == type }?.data }

  /// The extension of this type decoded as `Value`, or `nil` when the list has none.
  ///
  /// - Throws: what the decoder says; trailing bytes are refused.
  public func value<Value: WireValue>(
    of type: ExtensionType, as _: Value.Type
  ) throws(DecodingFailure) -> Value? {
    guard let data = data(of: type) else { return nil }
    return try Value(decoding: data)
  }
}
