// SPDX-License-Identifier: Apache-2.0

/// A media type (RFC 6838) with its parameters, taken apart as RFC 9110 §8.3.1 has it: names in
/// lower case, values as they stand, quotes taken off.
public struct MediaType: Hashable, Sendable {
  /// Markdown as draft-ietf-mimi-content-08 defines it, the format of ordinary messages.
  public static let markdown = "text/markdown;variant=GFM-MIMI"
  /// Text with no markup.
  public static let plainText = "text/plain;charset=utf-8"

  /// Type and subtype, in lower case, such as `text/plain`.
  public let essence: String
  private let parameters: [(name: String, value: String)]

  /// Takes the text of a content type; `nil` when it is none.
  public init?(_ text: String) {
    let fields = text.split(separator: ";", omittingEmptySubsequences: false)
      .map(MediaType.trimmed)
    guard let first = fields.first else { return nil }
    let parts = first.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy(MediaType.isToken) else { return nil }
    essence = first.lowercased()
    var parameters: [(name: String, value: String)] = []
    for field in fields.dropFirst() {
      let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, MediaType.isToken(pair[0]) else { return nil }
      var value = pair[1]
      if value.count >= 2, value.first == "\"", value.last == "\"" {
        value = value.dropFirst().dropLast()
      }
      parameters.append((pair[0].lowercased(), String(value)))
    }
    self.parameters = parameters
  }

  /// The value of the first parameter of this name.
  public func parameter(_ name: String) -> String? {
    parameters.first { parameter in parameter.name == name }?.value
  }

  /// Whether the content is UTF-8 text that people can read as it stands: plain text, or markdown,
  /// which draft-ietf-mimi-content-08 allows to be shown as plain text.
  public var isReadableText: Bool {
    switch essence {
    case "text/plain": parameter("charset")?.lowercased() == "utf-8"
    case "text/markdown": parameter("charset").map { $0.lowercased() == "utf-8" } ?? true
    default: false
    }
  }

  /// Compares type and parameters in their order.
  public static func == (left: MediaType, right: MediaType) -> Bool {
    left.essence == right.essence
      && left.parameters.elementsEqual(right.parameters) {
        $0.name == $1.name && $0.value == $1.value
      }
  }

  /// Hashes type and subtype.
  public func hash(into hasher: inout Hasher) { hasher.combine(essence) }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { character in character == " " || character == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }

  private static func isToken(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}
