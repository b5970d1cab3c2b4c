// SPDX-License-Identifier: Apache-2.0

/// A small picture that stands for a larger one: a baseline JPEG (ITU-T T.81) of one frame, with
/// nothing in it but what shows it. Nobody decodes it here; what is not of this form is none, so
/// that the decoders of other programs meet no surprise, and no Exif, comment or colour profile.
/// Members of a group have to agree on what a picture of it is, and this is it: the form is frozen.
public struct JPEGThumbnail: Hashable, Sendable {
  /// Bytes of the whole.
  public static let bytesMax = 16_384
  /// Pixels of the longer side.
  public static let sideMax: UInt16 = 320

  /// The file.
  public let bytes: [UInt8]
  /// In pixels.
  public let width: UInt16
  /// In pixels.
  public let height: UInt16

  /// Takes a file; `nil` when it is none of this form.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.bytesMax, bytes.starts(with: [0xff, Marker.startOfImage]) else {
      return nil
    }
    var place = 2
    var frame: (width: UInt16, height: UInt16)?
    while true {
      guard place + 4 <= bytes.count, bytes[place] == 0xff else { return nil }
      let marker = bytes[place + 1]
      // The length counts itself.
      let length = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
      guard length >= 2, place + 2 + length <= bytes.count else { return nil }
      let segment = bytes[(place + 4)..<(place + 2 + length)]
      place += 2 + length
      switch marker {
      case Marker.jfif:
        guard segment.count == 14, segment.starts(with: [0x4a, 0x46, 0x49, 0x46, 0]) else {
          return nil
        }
      case Marker.tables, Marker.codes, Marker.restarts: continue
      case Marker.frame:
        guard frame == nil, let found = Self.frame(Array(segment)) else { return nil }
        frame = found
      case Marker.scan:
        guard let frame, Self.isScanToTheEnd(bytes[place...]) else { return nil }
        self.bytes = bytes
        width = frame.width
        height = frame.height
        return
      default: return nil
      }
    }
  }

  private enum Marker {
    static let startOfImage: UInt8 = 0xd8
    static let endOfImage: UInt8 = 0xd9
    static let jfif: UInt8 = 0xe0
    static let tables: UInt8 = 0xdb
    static let codes: UInt8 = 0xc4
    static let restarts: UInt8 = 0xdd
    static let frame: UInt8 = 0xc0
    static let scan: UInt8 = 0xda
  }

  /// Of 8 bits, grey or of three colours, no side too long.
  private static func frame(_ segment: [UInt8]) -> (width: UInt16, height: UInt16)? {
    guard segment.count >= 6, segment[0] == 8, [1, 3].contains(segment[5]),
      segment.count == 6 + 3 * Int(segment[5])
    else { return nil }
    let height = UInt16(segment[1]) << 8 | UInt16(segment[2])
    let width = UInt16(segment[3]) << 8 | UInt16(segment[4])
    guard (1...sideMax).contains(width), (1...sideMax).contains(height) else { return nil }
    return (width, height)
  }

  /// Whether one scan fills the rest, and the end stands at the end.
  private static func isScanToTheEnd(_ rest: ArraySlice<UInt8>) -> Bool {
    guard rest.count > 2, rest.suffix(2) == [0xff, Marker.endOfImage] else { return false }
    let scan = Array(rest.dropLast(2))
    guard scan.last != 0xff else { return false }
    return zip(scan, scan.dropFirst()).allSatisfy { byte, next in
      byte != 0xff || next == 0 || (0xd0...0xd7).contains(next)
    }
  }
}
