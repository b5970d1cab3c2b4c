// SPDX-License-Identifier: Apache-2.0

/// What the first bytes of a picture say: of which kind it is, whatever its name, and how large.
/// Nothing is decoded.
package struct PictureHeader: Hashable, Sendable {
  /// The kinds that are looked at.
  package enum Kind: String, CaseIterable, Sendable {
    case jpeg = "image/jpeg"
    case png = "image/png"
    case gif = "image/gif"
    case webp = "image/webp"
  }

  /// Segments of a JPEG before its frame; cameras write some dozen.
  private static let segmentsMax = 1_000

  /// The kind; its raw value is the media type.
  package let kind: Kind
  /// In pixels, as it is shown.
  package let width: Int
  /// In pixels, as it is shown.
  package let height: Int
  /// How it has to be turned to be shown upright (Exif, tag 274): 1 to 8, 1 for not at all.
  package let orientation: Int

  /// Looks at a file.
  ///
  /// - Parameter read: as many bytes from an offset on; fewer where the file ends.
  /// - Returns: `nil` when it is none of the kinds.
  package init?(_ read: (_ count: Int, _ offset: UInt64) -> [UInt8]) {
    let start = read(32, 0)
    guard start.count >= 16 else { return nil }
    if start.starts(with: [0xff, 0xd8, 0xff]) {
      guard let frame = Self.jpegFrame(read) else { return nil }
      self = frame
    } else if start.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      guard start.count >= 24, Array(start[12..<16]) == Array("IHDR".utf8) else { return nil }
      self.init(.png, Self.big(start[16..<20]), Self.big(start[20..<24]))
    } else if start.starts(with: "GIF87a".utf8) || start.starts(with: "GIF89a".utf8) {
      self.init(.gif, Self.little(start[6..<8]), Self.little(start[8..<10]))
    } else if start.starts(with: "RIFF".utf8), Array(start[8..<12]) == Array("WEBP".utf8),
      start.count >= 30, let sides = Self.webpSides(start)
    {
      self.init(.webp, sides.width, sides.height)
    } else {
      return nil
    }
  }

  private init?(_ kind: Kind, _ width: Int, _ height: Int, orientation: Int = 1) {
    guard width > 0, height > 0 else { return nil }
    self.kind = kind
    self.orientation = orientation
    let isTurned = orientation >= 5
    self.width = isTurned ? height : width
    self.height = isTurned ? width : height
  }

  private static func big(_ bytes: some Sequence<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  private static func little(_ bytes: some BidirectionalCollection<UInt8>) -> Int {
    big(bytes.reversed())
  }

  /// The first chunk: lossy, lossless, or extended with the size of the canvas.
  private static func webpSides(_ start: [UInt8]) -> (width: Int, height: Int)? {
    switch Array(start[12..<16]) {
    case Array("VP8 ".utf8):
      guard Array(start[23..<26]) == [0x9d, 0x01, 0x2a] else { return nil }
      return (little(start[26..<28]) & 0x3fff, little(start[28..<30]) & 0x3fff)
    case Array("VP8L".utf8):
      guard start[20] == 0x2f else { return nil }
      let bits = little(start[21..<25])
      return (bits & 0x3fff + 1, bits >> 14 & 0x3fff + 1)
    case Array("VP8X".utf8): return (little(start[24..<27]) + 1, little(start[27..<30]) + 1)
    default: return nil
    }
  }

  /// The segments up to the frame (ITU-T T.81, B.1.1.4), Exif among them.
  private static func jpegFrame(_ read: (Int, UInt64) -> [UInt8]) -> PictureHeader? {
    var place: UInt64 = 2
    var orientation = 1
    for _ in 0..<segmentsMax {
      let head = read(4, place)
      guard head.count == 4, head[0] == 0xff else { return nil }
      if head[1] == 0xff {
        // A byte that fills.
        place += 1
        continue
      }
      let length = big(head[2..<4])
      guard length >= 2 else { return nil }
      switch head[1] {
      case 0xe1: orientation = ExifOrientation.read(read(length - 2, place + 4)) ?? orientation
      // All frames but DHT, JPG and DAC, which have numbers among theirs.
      case 0xc0...0xcf where ![0xc4, 0xc8, 0xcc].contains(head[1]):
        let frame = read(6, place + 4)
        guard frame.count == 6 else { return nil }
        return PictureHeader(
          .jpeg, big(frame[3..<5]), big(frame[1..<3]), orientation: orientation)
      case 0xd8, 0xd9, 0xda: return nil
      default: break
      }
      place += 2 + UInt64(length)
    }
    return nil
  }
}

/// Tag 274 of the first directory of Exif data (CIPA DC-008, 4.6).
enum ExifOrientation {
  private static let tag = 274
  private static let shortType = 3

  /// Takes the content of an APP1 segment; `nil` when it says nothing of the kind.
  static func read(_ segment: [UInt8]) -> Int? {
    guard segment.starts(with: "Exif\0\0".utf8) else { return nil }
    let data = Array(segment.dropFirst(6))
    guard data.count >= 8 else { return nil }
    let isLittle = data.starts(with: "II".utf8)
    guard isLittle || data.starts(with: "MM".utf8) else { return nil }
    func number(_ place: Int, _ count: Int) -> Int? {
      guard place >= 0, count <= data.count, place <= data.count - count else { return nil }
      let bytes = data[place..<(place + count)]
      return isLittle
        ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(2, 2) == 42, let directory = number(4, 4), let count = number(directory, 2) else {
      return nil
    }
    for index in 0..<count {
      let entry = directory + 2 + 12 * index
      guard let found = number(entry, 2) else { return nil }
      guard found == tag else { continue }
      guard number(entry + 2, 2) == shortType, number(entry + 4, 4) == 1,
        let value = number(entry + 8, 2), (1...8).contains(value)
      else { return nil }
      return value
    }
    return nil
  }
}
