// SPDX-License-Identifier: Apache-2.0

import MIMI
package import SansIO

/// The picture of a group, which stands in the state that its members agree on (groups.md): a JPEG
/// of the form of a message's thumbnail, which nobody decodes here. That form is frozen: what one
/// client takes for a picture and another does not would part the members of a group.
package struct RoomPicture: WireValue, Hashable {
  /// Bytes of the whole: a commit that changes the state has it once, and so have GroupInfo and
  /// Welcome of each commit.
  package static let bytesMax = 12_288

  private let thumbnail: JPEGThumbnail
  /// The JPEG file.
  var bytes: [UInt8] { thumbnail.bytes }
  /// As programs are told of it.
  var report: ThumbnailReport { ThumbnailReport(thumbnail) }

  /// Takes a file; `nil` when it is none of this form.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.bytesMax, let thumbnail = JPEGThumbnail(bytes) else { return nil }
    self.thumbnail = thumbnail
  }

  /// Takes the file, as a vector.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard let picture = RoomPicture(try input.readVector(maximum: Self.bytesMax)) else {
      throw .invalidValue(field: "room picture")
    }
    self = picture
  }

  /// Appends it.
  package func encode(to output: inout ByteWriter) { output.write(vector: thumbnail.bytes) }
}
