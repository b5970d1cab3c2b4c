// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The safety code as text, for a scanner that hands over text and for programs that pass it on.
///
/// `sotto-safety:` and the structure in base64url without padding (RFC 4648 §5). It holds no
/// secret: it is made of public keys.
extension SafetyCode {
  /// What the text begins with.
  private static let scheme = "sotto-safety:"
  /// The length of every such text, in bytes: the structure has one length, 145 bytes.
  private static let textByteCount = scheme.utf8.count + 194

  /// The text.
  public var text: String { Self.scheme + Base64URL.encode(encoded) }

  /// Takes what `text` gave, and nothing else.
  ///
  /// - Throws: `invalidValue` for another scheme, length or alphabet, else what the structure's
  ///   decoder throws.
  public init(text: String) throws(DecodingFailure) {
    guard text.utf8.count == Self.textByteCount, text.hasPrefix(Self.scheme),
      let bytes = Base64URL.decode(text.utf8.dropFirst(Self.scheme.utf8.count))
    else { throw .invalidValue(field: "safety code text") }
    try self.init(decoding: bytes)
  }
}
