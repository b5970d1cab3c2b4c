// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What the sender's program says about a link in the text. Nobody who reads it asks the link.
///
/// ```
/// preview = [url: tstr, title: tstr, text: tstr]
/// ```
public struct LinkPreview: WireValue, Hashable {
  /// The media type of the part.
  public static let contentType = "application/x.sotto.preview+cbor"
  /// Bytes of the URL.
  public static let urlBytesMax = 2_048
  /// Bytes of the title: a line.
  public static let titleBytesMax = 256
  /// Bytes of the description: a line, or nothing.
  public static let textBytesMax = 1_024

  /// The link, which stands in the text.
  public let url: String
  /// What is there.
  public let title: String
  /// More about it; may be empty.
  public let text: String
  /// A small picture of what is there. It is a part of its own, right behind this one.
  public var thumbnail: JPEGThumbnail?

  /// Takes a link of `http` or `https` and what is said about it; `nil` when one is none.
  public init?(url: String, title: String, text: String = "") {
    guard url.hasPrefix("https://") || url.hasPrefix("http://"),
      url.utf8.count <= Self.urlBytesMax, url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
      title.isLine(upTo: Self.titleBytesMax),
      text.isEmpty || text.isLine(upTo: Self.textBytesMax)
    else { return nil }
    self.url = url
    self.title = title
    self.text = text
  }

  /// Takes the part.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    try input.readCBORArray(exactly: 3, field: "preview")
    let url = try input.readCBORText(maximum: Self.urlBytesMax, field: "preview")
    let title = try input.readCBORText(maximum: Self.titleBytesMax, field: "preview")
    let text = try input.readCBORText(maximum: Self.textBytesMax, field: "preview")
    guard let preview = LinkPreview(url: url, title: title, text: text) else {
      throw .invalidValue(field: "preview")
    }
    self = preview
  }

  /// Appends the part.
  public func encode(to output: inout ByteWriter) {
    output.writeCBOR(arrayOf: 3)
    output.writeCBOR(text: url)
    output.writeCBOR(text: title)
    output.writeCBOR(text: text)
  }

  /// Whether the link stands in a text as a word, with nothing around it but quotes, brackets and
  /// what ends a sentence: a part of another link is none.
  public func stands(in text: String) -> Bool {
    text.split(whereSeparator: \.isWhitespace).contains { word in
      var word = word[...]
      while let first = word.first, "(<[\"'".contains(first) { word.removeFirst() }
      while true {
        if word == url { return true }
        guard let last = word.last, ")>]\"'.,;:!?".contains(last) else { return false }
        word.removeLast()
      }
    }
  }
}

extension MIMIContent {
  /// Puts a preview behind the text that the message has. Programs that do not know it show the
  /// text alone.
  public mutating func add(_ preview: LinkPreview) {
    let part = NestedPart(
      disposition: .preview,
      content: .single(contentType: LinkPreview.contentType, content: preview.encoded))
    let picture = preview.thumbnail.map { [NestedPart(thumbnail: $0)] } ?? []
    body = NestedPart(disposition: .render, content: .multi(.processAll, [body, part] + picture))
  }

  /// The first preview, when it can be read and its link stands in the text.
  public var linkPreview: LinkPreview? {
    guard let found = body.firstPreview(before: nil),
      var preview = try? LinkPreview(decoding: found.bytes), let text, preview.stands(in: text)
    else { return nil }
    preview.thumbnail = found.thumbnail
    return preview
  }
}

extension NestedPart {
  /// The first preview in this part; `next` is the part that stands behind it in the same row.
  fileprivate func firstPreview(
    before next: NestedPart?
  ) -> (bytes: [UInt8], thumbnail: JPEGThumbnail?)? {
    switch content {
    case .single(let type, let bytes):
      let isOne = disposition == .preview && MediaType(type)?.essence == LinkPreview.contentType
      return isOne ? (bytes, next?.thumbnail) : nil
    case .multi(.processAll, let parts):
      for (index, part) in parts.enumerated() {
        let next = index + 1 < parts.count ? parts[index + 1] : nil
        if let found = part.firstPreview(before: next) { return found }
      }
      return nil
    case .null, .external, .multi: return nil
    }
  }
}
