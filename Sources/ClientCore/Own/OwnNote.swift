// SPDX-License-Identifier: Apache-2.0

import MIMI
package import SansIO

/// What own devices tell each other in one entry of their group (own-group.md).
///
/// ```
/// struct { uint8 ver = 1; OwnItem items<V>; } OwnNote;      // 1 to 1,000
/// struct {
///   uint8 type;                                             // 1 change, 2 known, 3 ask
///   select (type) {
///     case change: OwnKey key; opaque value<V>;
///     case known:  OwnKey key; opaque value<V>; OwnPlace place;
///     case ask:    struct {};
///   }
/// } OwnItem;
/// ```
package struct OwnNote: WireValue, Hashable {
  /// One thing that is told.
  package enum Item: Hashable, Sendable {
    /// The user has changed something; it counts from the place of this entry.
    case change(OwnKey, [UInt8])
    /// What is known, for a device that has missed entries, and where that counts from.
    case known(OwnKey, [UInt8], OwnPlace)
    /// The device has missed entries.
    case ask
  }

  static let contentType = "application/vnd.sotto.own-note"
  private static let formatVersion: UInt8 = 1
  /// Items of one entry; more go in another.
  static let itemsMax = 1_000
  /// Bytes of a value: a draft, which is shorter than a message, so that it fits into one.
  static let valueBytesMax = 60_000
  /// Bytes of all items of one entry: what a message has room for.
  static let bytesMax = 62_000

  /// What is told, in this order.
  let items: [Item]

  /// Tells these.
  package init(_ items: [Item]) { self.items = items }

  /// Takes the entry's content.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "own note format")
    }
    items = try input.readList(maximumCount: Self.itemsMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try Item(from: &input)
    }
    guard !items.isEmpty else { throw .invalidValue(field: "own note items") }
  }

  /// Appends the entry's content.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(list: items)
  }

  /// As many notes as these items need.
  static func notes(of items: [Item]) -> [OwnNote] {
    var notes: [OwnNote] = []
    var part: [Item] = []
    var count = 0
    for item in items {
      let length = item.encoded.count
      if !part.isEmpty, count + length > bytesMax || part.count == itemsMax {
        notes.append(OwnNote(part))
        (part, count) = ([], 0)
      }
      part.append(item)
      count += length
    }
    if !part.isEmpty { notes.append(OwnNote(part)) }
    return notes
  }
}

extension OwnNote.Item: WireValue {
  private enum Tag: UInt8 {
    case change = 1
    case known
    case ask
  }

  /// Takes one item.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard let tag = Tag(rawValue: try input.readUInt8()) else {
      throw .invalidValue(field: "own item type")
    }
    if tag == .ask {
      self = .ask
      return
    }
    let key = try OwnKey(from: &input)
    let value = try input.readVector(maximum: OwnNote.valueBytesMax)
    guard key.allows(value) else { throw .invalidValue(field: "own value") }
    self = tag == .change ? .change(key, value) : .known(key, value, try OwnPlace(from: &input))
  }

  /// Appends the item.
  package func encode(to output: inout ByteWriter) {
    switch self {
    case .change(let key, let value):
      output.write(Tag.change.rawValue)
      output.write(key)
      output.write(vector: value)
    case .known(let key, let value, let place):
      output.write(Tag.known.rawValue)
      output.write(key)
      output.write(vector: value)
      output.write(place)
    case .ask: output.write(Tag.ask.rawValue)
    }
  }
}

extension MIMIContent {
  /// A message of one own device to the others that is not for people.
  static func ownNote(
    _ note: OwnNote, salt: Salt, extensions: ContentExtensions
  ) -> MIMIContent {
    MIMIContent(
      salt: salt, extensions: extensions,
      body: NestedPart(
        disposition: .unspecified,
        content: .single(contentType: OwnNote.contentType, content: note.encoded)))
  }

  /// Whether it is one, and the bytes of it.
  var ownNoteBytes: [UInt8]? {
    guard case .single(OwnNote.contentType, let bytes) = body.content else { return nil }
    return bytes
  }
}
