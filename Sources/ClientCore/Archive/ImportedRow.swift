// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// That a line came by an import, and where it stands among the others. Key: `seq`.
package struct ImportedRow: Equatable, Sendable {
  /// The line's number.
  package var seq: UInt64
  /// Its conversation.
  package var conversationID: [UInt8]
  /// It stands before the first line of this number or a higher one that came by itself.
  package var place: UInt64
  /// When it was said: the order among those of one place.
  package var at: Instant
  /// Whether its text was somebody's before.
  package var isForwarded: Bool
  /// The encoded `ImportedFiles`; empty for none.
  package var files: [UInt8]

  /// Makes the row.
  package init(
    seq: UInt64, conversationID: [UInt8], place: UInt64, at: Instant, isForwarded: Bool,
    files: [UInt8]
  ) {
    self.seq = seq
    self.conversationID = conversationID
    self.place = place
    self.at = at
    self.isForwarded = isForwarded
    self.files = files
  }

  /// Where it stands.
  package var key: ImportedPlace { ImportedPlace(place: place, at: at, seq: seq) }
}

/// Where an imported line stands in its conversation.
package struct ImportedPlace: Hashable, Comparable, Sendable {
  /// See `ImportedRow`.
  package let place: UInt64
  /// See `ImportedRow`.
  package let at: Instant
  /// The line's number.
  package let seq: UInt64

  /// Makes the value.
  package init(place: UInt64, at: Instant, seq: UInt64) {
    self.place = place
    self.at = at
    self.seq = seq
  }

  /// After all imported lines of this place.
  package static func end(of place: UInt64) -> ImportedPlace {
    ImportedPlace(place: place, at: Instant(milliseconds: .max), seq: UInt64(Int64.max))
  }

  /// By place, then time, then number.
  package static func < (left: ImportedPlace, right: ImportedPlace) -> Bool {
    (left.place, left.at, left.seq) < (right.place, right.at, right.seq)
  }
}

/// What an imported line knows of its files: their keys are in no export.
///
/// ```
/// struct {
///   opaque name<V>; opaque content_type<V>; uint64 size;
///   select (ver) { case 2: StoredMedia media; opaque thumbnail<V>; }   // a JPEG; empty for none
/// } ImportedFile;
/// struct { uint8 ver; uint8 count; ImportedFile files[count]; } ImportedFiles;
/// ```
///
/// Version 2 has at least one file with media or thumbnail, version 1 none.
package struct ImportedFiles: WireValue, Hashable {
  private static let plainVersion: UInt8 = 1
  private static let mediaVersion: UInt8 = 2

  /// At most as many as a message has.
  package let files: [AttachmentReport]

  /// Of a line.
  package init(_ files: [AttachmentReport]) {
    self.files = Array(files.prefix(ClientLimits.attachmentsMax))
  }

  /// Takes the structure above.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let version = try input.readUInt8()
    guard [Self.plainVersion, Self.mediaVersion].contains(version) else {
      throw .invalidValue(field: "imported files format")
    }
    let count = try input.readUInt8()
    guard (1...UInt8(ClientLimits.attachmentsMax)).contains(count) else {
      throw .invalidValue(field: "imported files")
    }
    var files: [AttachmentReport] = []
    for _ in 0..<count {
      guard let name = String(validating: try input.readVector(), as: UTF8.self),
        let contentType = String(validating: try input.readVector(), as: UTF8.self)
      else { throw .invalidValue(field: "imported files") }
      var file = AttachmentReport(
        name: name, contentType: contentType, size: try input.readUInt64())
      if version == Self.mediaVersion {
        file.media = try input.readMedia()
        let jpeg = try input.readVector()
        file.thumbnail = ThumbnailReport(jpeg: jpeg)
        guard jpeg.isEmpty || file.thumbnail != nil else {
          throw .invalidValue(field: "thumbnail")
        }
      }
      files.append(file)
    }
    self.files = files
    guard (version == Self.mediaVersion) == hasMedia else {
      throw .invalidValue(field: "imported files format")
    }
  }

  private var hasMedia: Bool {
    files.contains { $0.media?.content != nil || $0.thumbnail?.jpeg.isEmpty == false }
  }

  /// Appends the structure above.
  package func encode(to output: inout ByteWriter) {
    output.write(hasMedia ? Self.mediaVersion : Self.plainVersion)
    output.write(UInt8(files.count))
    for file in files {
      output.write(vector: Array(file.name.utf8))
      output.write(vector: Array(file.contentType.utf8))
      output.write(file.size)
      guard hasMedia else { continue }
      output.write(media: file.media)
      output.write(vector: file.thumbnail?.jpeg ?? [])
    }
  }
}

/// The part of a transaction that concerns imported lines and the order in which lines are read.
package protocol ClientArchiveTransaction {
  /// That the line of this number was imported.
  func imported(seq: UInt64) throws(ClientStoreFailure) -> ImportedRow?
  /// Inserts or replaces it.
  mutating func put(_ row: ImportedRow) throws(ClientStoreFailure)
  /// Imported lines of a conversation, the last one first, before this place when given.
  func importedRows(
    conversationID: [UInt8], before: ImportedPlace?, limit: Int
  ) throws(ClientStoreFailure) -> [ImportedRow]
  /// Imported lines of a conversation, the first one first, after this place when given.
  func importedRows(
    conversationID: [UInt8], after: ImportedPlace?, limit: Int
  ) throws(ClientStoreFailure) -> [ImportedRow]
  /// Lines that came by themselves, highest `seq` first, below `before` when given, from `notBelow`
  /// on.
  func genuineMessages(
    conversationID: [UInt8], before: UInt64?, notBelow: UInt64, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow]
  /// Lines that came by themselves, lowest `seq` first, above `after`, up to `upTo`.
  func genuineMessages(
    conversationID: [UInt8], after: UInt64, upTo: UInt64, limit: Int
  ) throws(ClientStoreFailure) -> [MessageRow]
}
