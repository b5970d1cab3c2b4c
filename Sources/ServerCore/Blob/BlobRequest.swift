// SPDX-License-Identifier: Apache-2.0

import SansIO

/// A request about a blob, as its HTTP head says it (blobs.md).
package enum BlobRequest: Hashable, Sendable {
  /// What is done with an upload.
  package enum Upload: Hashable, Sendable {
    /// Tells how far it is.
    case tell
    /// Brings so many bytes from an offset on.
    case append(offset: UInt64, count: UInt64, isLast: Bool)
    /// Takes the blob away.
    case cancel
  }

  /// The bytes of a blob that are asked for (RFC 9110 §14.1.2, one range).
  package enum Range: Hashable, Sendable {
    case all
    /// From an offset to another one, both counted, or to the end.
    case from(UInt64, through: UInt64?)
    /// So many at the end.
    case last(UInt64)

    /// The offsets within a blob of this size; nil when there is nothing of it.
    package func offsets(in size: UInt64) -> Swift.Range<UInt64>? {
      switch self {
      case .all: return 0..<size
      case .from(let first, let last):
        guard first < size else { return nil }
        return first..<(min(last ?? (size - 1), size - 1) + 1)
      case .last(let count):
        guard count > 0 else { return nil }
        return (size - min(count, size))..<size
      }
    }
  }

  case upload(BlobID, BlobTokenHash, Upload)
  case download(BlobID, Range, isHead: Bool)

  /// The media type of a part of an upload (draft-ietf-httpbis-resumable-upload §6.1).
  package static let partialType = "application/partial-upload"

  /// Whether a path is one of these; everything else is another's.
  package static func isMeant(by path: String) -> Bool {
    path.hasPrefix("/v1/uploads/") || path.hasPrefix("/v1/blobs/")
  }

  /// Reads method, path and fields, whose names are in lower case.
  ///
  /// - Throws: why it is refused.
  package init(
    method: String, path: String, fields: [(name: String, value: String)]
  ) throws(BlobRefusal) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 4, let name = Self.bytes(parts[3]), let id = BlobID(name) else {
      throw .notFound
    }
    if parts[2] == "blobs" {
      guard ["GET", "HEAD"].contains(method) else { throw .methodNotAllowed }
      self = .download(id, Self.range(fields), isHead: method == "HEAD")
      return
    }
    let upload: Upload
    switch method {
    case "HEAD": upload = .tell
    case "DELETE": upload = .cancel
    case "PATCH": upload = try Self.append(fields)
    default: throw .methodNotAllowed
    }
    // Without a token an upload looks like one that is not there.
    let words = (Self.only("authorization", in: fields) ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer", let token = Self.bytes(words[1])
    else { throw .notFound }
    self = .upload(id, BlobTokenHash(hashing: token), upload)
  }

  private static func append(
    _ fields: [(name: String, value: String)]
  ) throws(BlobRefusal) -> Upload {
    guard only("content-type", in: fields) == partialType else { throw .mediaType }
    guard let count = only("content-length", in: fields).flatMap(number) else {
      throw .lengthRequired
    }
    guard let offset = only("upload-offset", in: fields).flatMap(number),
      let isLast = only("upload-complete", in: fields).flatMap(truth),
      count <= ServerLimits.blobBytesMax, offset <= ServerLimits.blobBytesMax
    else { throw .malformed }
    return .append(offset: offset, count: count, isLast: isLast)
  }

  /// The value of a field that stands there once.
  private static func only(
    _ name: String, in fields: [(name: String, value: String)]
  ) -> String? {
    let values = fields.filter { $0.name == name }
    return values.count == 1 ? values[0].value : nil
  }

  /// One range of bytes; a field that cannot be read stands for no field (RFC 9110 §14.2).
  private static func range(_ fields: [(name: String, value: String)]) -> Range {
    guard let field = only("range", in: fields)?.lowercased(), field.hasPrefix("bytes="),
      !field.contains(",")
    else { return .all }
    let ends = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2 else { return .all }
    switch (number(String(ends[0])), number(String(ends[1]))) {
    case (let first?, let last?): return first <= last ? .from(first, through: last) : .all
    case (let first?, nil): return ends[1].isEmpty ? .from(first, through: nil) : .all
    case (nil, let count?): return ends[0].isEmpty ? .last(count) : .all
    case (nil, nil): return .all
    }
  }

  /// A structured integer (RFC 9651 §3.3.1) that is not negative.
  private static func number(_ text: String) -> UInt64? {
    guard !text.isEmpty, text.utf8.count <= 15, text.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    return UInt64(text)
  }

  /// A structured boolean (RFC 9651 §3.3.6).
  private static func truth(_ text: String) -> Bool? {
    switch text {
    case "?1": true
    case "?0": false
    default: nil
    }
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    guard text.utf8.count == 64, !text.contains(where: \.isUppercase) else { return nil }
    return Hex.decode(String(text))
  }
}

/// Why a request about a blob is refused before anything is looked up.
package enum BlobRefusal: Error, Hashable, Sendable {
  /// No such path, or no token.
  case notFound
  case methodNotAllowed
  /// Not `application/partial-upload`.
  case mediaType
  /// Nothing says how long the content is.
  case lengthRequired
  case malformed
}
