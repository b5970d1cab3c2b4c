// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The domain of a service: lower-case labels of letters, digits and hyphens with dots between them
/// (RFC 1123 §2.1), at most 253 characters, the last label not all digits.
public struct ServiceDomain: WireValue, Hashable, Comparable, CustomStringConvertible {
  /// The longest domain, in characters: what fits in a DNS name.
  public static let lengthMax = 253
  private static let labelLengthMax = 63

  /// The domain as text.
  public let text: String

  /// Takes the exact text.
  ///
  /// - Throws: `AddressFailure.domain` for everything else.
  public init(_ text: String) throws(AddressFailure) {
    guard ServiceDomain.isDomain(text) else { throw .domain }
    self.text = text
  }

  /// Takes an `opaque x<V>` with the text.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let bytes = try input.readVector(maximum: Self.lengthMax)
    do {
      self = try ServiceDomain(String(decoding: bytes, as: UTF8.self))
    } catch {
      throw .invalidValue(field: "service domain")
    }
  }

  /// Appends the text as an `opaque x<V>`.
  public func encode(to output: inout ByteWriter) { output.write(vector: Array(text.utf8)) }

  /// Order of the bytes.
  public static func < (left: ServiceDomain, right: ServiceDomain) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  /// The text.
  public var description: String { text }

  /// Whether the text is one or more labels with dots between them.
  static func isDomain(_ text: String) -> Bool {
    guard text.utf8.count <= lengthMax else { return false }
    let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for label in labels {
      guard (1...labelLengthMax).contains(label.count) else { return false }
      guard label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else { return false }
      guard label.allSatisfy({ $0.isLowerCaseLetter || $0.isDigit || $0 == UInt8(ascii: "-") })
      else { return false }
    }
    // A last label of digits alone would make the name look like an IPv4 address.
    return labels.last.map { label in !label.allSatisfy(\.isDigit) } ?? false
  }
}

extension UInt8 {
  /// Whether this is one of a to z in ASCII.
  var isLowerCaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
  /// Whether this is one of 0 to 9 in ASCII.
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
