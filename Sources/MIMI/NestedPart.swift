// SPDX-License-Identifier: Apache-2.0

/// A body, or a part of one (draft-ietf-mimi-content-08, `NestedPart`).
///
/// ```
/// NestedPart = [
///   disposition: baseDispos / $extDispos / unknownDispos,
///   language: tstr,
///   ( NullPart // SinglePart // ExternalPart // MultiPart)
/// ]
/// ```
public struct NestedPart: Hashable, Sendable {
  /// How deep parts may lie in one another, the body being the first level.
  public static let levelsMax = 4
  /// The most parts of one message.
  public static let partsMax = 1024

  /// What the part is meant for.
  public var disposition: Disposition
  /// Language tags (RFC 5646) with commas between them, or nothing.
  public var language: String
  /// What the part holds.
  public var content: PartContent

  /// Takes the fields.
  public init(disposition: Disposition, language: String = "", content: PartContent) {
    self.disposition = disposition
    self.language = language
    self.content = content
  }

  /// The part with this index, counted from zero, depth first (draft-ietf-mimi-content-08, part
  /// index). A content ID `cid:5@local.invalid` refers to part 5.
  public func part(at index: Int) -> NestedPart? {
    var left = index
    return part(after: &left)
  }

  private func part(after left: inout Int) -> NestedPart? {
    if left == 0 { return self }
    left -= 1
    guard case .multi(_, let parts) = content else { return nil }
    for part in parts {
      if let found = part.part(after: &left) { return found }
    }
    return nil
  }
}

/// What a part holds.
public indirect enum PartContent: Hashable, Sendable {
  /// Nothing, as in a deletion.
  case null
  /// Bytes of a media type.
  case single(contentType: String, content: [UInt8])
  /// Something that lies elsewhere.
  case external(ExternalPart)
  /// Two or more parts.
  case multi(PartSemantics, [NestedPart])
}

/// Content that lies elsewhere, such as an attachment (draft-ietf-mimi-content-08, `ExternalPart`).
public struct ExternalPart: Hashable, Sendable {
  /// The media type.
  public var contentType: String
  /// Where it lies.
  public var url: String
  /// When it is gone, in seconds since 1970; zero for never.
  public var expires: UInt32
  /// Its length in bytes; zero when unknown.
  public var size: UInt64
  /// The AEAD algorithm of IANA's registry; zero for none. 1 and 2 are AES-128-GCM and AES-256-GCM.
  public var encryptionAlgorithm: UInt16
  /// The AEAD key.
  public var key: [UInt8]
  /// The AEAD nonce.
  public var nonce: [UInt8]
  /// The AEAD additional data.
  public var additionalData: [UInt8]
  /// The hash algorithm of IANA's Named Information registry; zero for none, 1 for SHA-256.
  public var hashAlgorithm: UInt8
  /// The hash of what lies at the URL.
  public var contentHash: [UInt8]
  /// A text for people.
  public var description: String
  /// The name that the sender suggests for the file.
  public var filename: String

  /// Takes the fields.
  public init(
    contentType: String, url: String, expires: UInt32 = 0, size: UInt64 = 0,
    encryptionAlgorithm: UInt16 = 0, key: [UInt8] = [], nonce: [UInt8] = [],
    additionalData: [UInt8] = [], hashAlgorithm: UInt8 = 0, contentHash: [UInt8] = [],
    description: String = "", filename: String = ""
  ) {
    self.contentType = contentType
    self.url = url
    self.expires = expires
    self.size = size
    self.encryptionAlgorithm = encryptionAlgorithm
    self.key = key
    self.nonce = nonce
    self.additionalData = additionalData
    self.hashAlgorithm = hashAlgorithm
    self.contentHash = contentHash
    self.description = description
    self.filename = filename
  }
}
