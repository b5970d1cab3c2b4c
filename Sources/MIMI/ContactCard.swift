// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Somebody's name and URI, as the least card of vCard 4.0 (RFC 6350): exactly these lines, folded
/// after 75 octets.
///
/// ```
/// BEGIN:VCARD
/// VERSION:4.0
/// FN:name
/// IMPP:mimi://messenger.example/u/alice
/// END:VCARD
/// ```
public struct ContactCard: WireValue, Hashable {
  /// The media type of the part.
  public static let contentType = "text/vcard;charset=utf-8"
  static let essence = "text/vcard"
  /// Bytes of the name: a line.
  public static let nameBytesMax = 256
  /// Bytes of the URI.
  public static let uriBytesMax = 400
  private static let cardBytesMax = 1_024
  private static let lineBytesMax = 75

  /// What the person is called.
  public let name: String
  /// Where they are reached.
  public let uri: String

  /// Takes both; `nil` when one is empty, too long, or more than a line.
  public init?(name: String, uri: String) {
    guard name.isLine(upTo: Self.nameBytesMax), uri.isLine(upTo: Self.uriBytesMax),
      uri.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else { return nil }
    self.name = name
    self.uri = uri
  }

  /// Takes all of `input`. Cards of another form are refused.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard input.count <= Self.cardBytesMax else { throw .limitExceeded }
    let bytes = try input.readBytes(input.count)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .invalidValue(field: "vCard")
    }
    let lines = Self.unfolded(text)
    guard lines.count == 6, lines[0] == "BEGIN:VCARD", lines[1] == "VERSION:4.0",
      lines[2].hasPrefix("FN:"), lines[3].hasPrefix("IMPP:"), lines[4] == "END:VCARD",
      lines[5].isEmpty,
      let card = ContactCard(
        name: Self.unescaped(lines[2].dropFirst(3)), uri: String(lines[3].dropFirst(5))),
      card.encoded == bytes
    else { throw .invalidValue(field: "vCard") }
    self = card
  }

  /// Appends the card.
  public func encode(to output: inout ByteWriter) {
    for line in [
      "BEGIN:VCARD", "VERSION:4.0", "FN:" + Self.escaped(name), "IMPP:" + uri, "END:VCARD",
    ] {
      output.write(raw: Self.folded(line))
    }
  }

  /// The card in words, for programs that show nothing else.
  public var words: String { name + "\n" + uri }

  /// RFC 6350 §3.4; a name has no line breaks.
  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      if "\\,;".unicodeScalars.contains(scalar) { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
  }

  private static func unescaped(_ text: Substring) -> String {
    var result = ""
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if scalar == "\\", !isEscaped {
        isEscaped = true
      } else {
        isEscaped = false
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// RFC 6350 §3.2, without breaking a character apart.
  private static func folded(_ line: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var length = 0
    for scalar in line.unicodeScalars {
      let next = Array(String(scalar).utf8)
      if length + next.count > lineBytesMax {
        bytes += [13, 10, 32]
        length = 1
      }
      bytes += next
      length += next.count
    }
    return bytes + [13, 10]
  }

  /// Lines between CR LF, those that were folded joined; what follows the last break comes last.
  private static func unfolded(_ text: String) -> [String] {
    var lines = [[UInt8]()]
    let bytes = Array(text.utf8)
    var place = 0
    while place < bytes.count {
      if bytes[place...].starts(with: [13, 10, 32]) {
        place += 3
      } else if bytes[place...].starts(with: [13, 10]) {
        lines.append([])
        place += 2
      } else {
        lines[lines.count - 1].append(bytes[place])
        place += 1
      }
    }
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }
}

extension MIMIContent {
  /// The body of a message that tells of somebody.
  public static func body(introducing card: ContactCard) -> NestedPart {
    special(ContactCard.contentType, card.encoded, words: card.words)
  }

  /// The card that the message is, when it can be read.
  public var contactCard: ContactCard? {
    special(ContactCard.essence).flatMap { try? ContactCard(decoding: $0) }
  }
}
