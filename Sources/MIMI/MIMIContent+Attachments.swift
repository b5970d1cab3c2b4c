// SPDX-License-Identifier: Apache-2.0

/// Files that a message names: external parts (draft-ietf-mimi-content-08), as senders of this
/// product arrange them.
extension MIMIContent {
  /// A file that a message names.
  public struct Attachment: Hashable, Sendable {
    /// Where it lies and how it is opened.
    public var part: ExternalPart
    /// SHA-256 of the file as it is when it was opened; empty when the message does not say.
    public var plaintextHash: [UInt8]

    /// Takes the fields.
    public init(part: ExternalPart, plaintextHash: [UInt8]) {
      self.part = part
      self.plaintextHash = plaintextHash
    }
  }

  private static let plaintextKey = CBORKey.text("app.sotto.plaintext")

  /// The files, in the order of the message. Of a choice the first one counts.
  public var attachments: [Attachment] {
    let parts = body.externalParts
    var hashes: [[UInt8]] = []
    if case .array(let values)? = extensions[Self.plaintextKey], values.count == parts.count {
      hashes = values.map { value in if case .bytes(let hash) = value { hash } else { [] } }
    }
    return parts.enumerated().map { index, part in
      Attachment(part: part, plaintextHash: hashes.isEmpty ? [] : hashes[index])
    }
  }

  /// Names files beside the text that the message has; without a text the files are all of it.
  ///
  /// - Precondition: there are 1 to 100 files.
  public mutating func attach(_ files: [Attachment], hasText: Bool) {
    precondition((1...100).contains(files.count), "a message has some files, and not many")
    let parts = files.map { file in
      NestedPart(
        disposition: file.part.contentType.hasPrefix("image/") ? .render : .attachment,
        content: .external(file.part))
    }
    let all = hasText ? [body] + parts : parts
    body =
      all.count == 1
      ? all[0] : NestedPart(disposition: .render, content: .multi(.processAll, all))
    extensions[Self.plaintextKey] = .array(files.map { .bytes($0.plaintextHash) })
  }
}

extension NestedPart {
  fileprivate var externalParts: [ExternalPart] {
    switch content {
    case .null, .single: return []
    case .external(let part):
      return disposition.isShown || disposition == .attachment ? [part] : []
    case .multi(let semantics, let parts):
      let all = parts.map(\.externalParts)
      return semantics == .chooseOne
        ? all.first { !$0.isEmpty } ?? [] : Array(all.joined())
    }
  }
}
