// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Pictures and voice notes, made byte by byte.
enum SampleMedia {
  private static func big(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    big(value, count).reversed()
  }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  // MARK: PNG

  /// A grey ramp. The data is stored, not compressed.
  static func png(_ width: Int, _ height: Int) -> [UInt8] {
    var rows: [UInt8] = []
    for y in 0..<height {
      rows.append(0)
      for x in 0..<width { rows.append(UInt8(truncatingIfNeeded: x + y)) }
    }
    var data: [UInt8] = [0x78, 1]
    for start in stride(from: 0, to: rows.count, by: 60_000) {
      let piece = rows[start..<min(rows.count, start + 60_000)]
      data.append(piece.endIndex == rows.count ? 1 : 0)
      data += little(piece.count, 2) + little(piece.count ^ 0xffff, 2) + piece
    }
    var (low, high) = (1, 0)
    for byte in rows {
      low = (low + Int(byte)) % 65_521
      high = (high + low) % 65_521
    }
    data += big(high << 16 | low, 4)
    return [0x89] + text("PNG\r\n\u{1a}\n")
      + pngChunk("IHDR", big(width, 4) + big(height, 4) + [8, 0, 0, 0, 0])
      + pngChunk("IDAT", data) + pngChunk("IEND", [])
  }

  private static func pngChunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    var sum: UInt32 = 0xffff_ffff
    for byte in text(type) + data {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
    }
    return big(data.count, 4) + text(type) + data + big(Int(~sum), 4)
  }

  // MARK: GIF

  /// An animated one, each picture of one colour. The dictionary is cleared before it grows.
  static func gif(_ width: Int, _ height: Int, pictures: Int) -> [UInt8] {
    let sides = little(width, 2) + little(height, 2)
    let colours = (0..<128).flatMap { [UInt8](repeating: UInt8($0 * 2), count: 3) }
    var bytes = text("GIF89a") + sides + [0xf6, 0, 0] + colours
    for picture in 0..<pictures {
      bytes += [0x21, 0xf9, 4, 0, 5, 0, 0, 0, 0x2c, 0, 0, 0, 0] + sides + [0, 7]
      var codes: [UInt8] = []
      for start in stride(from: 0, to: width * height, by: 100) {
        codes.append(0x80)
        let count = min(100, width * height - start)
        codes += [UInt8](repeating: UInt8(picture * 40 + 10), count: count)
      }
      codes.append(0x81)
      for start in stride(from: 0, to: codes.count, by: 255) {
        let piece = codes[start..<min(codes.count, start + 255)]
        bytes += [UInt8(piece.count)] + piece
      }
      bytes.append(0)
    }
    return bytes + [0x3b]
  }

  // MARK: WebP

  /// An animated one, each picture lossless and of one colour.
  static func webp(_ width: Int, _ height: Int, pictures: Int) -> [UInt8] {
    let sides = little(width - 1, 3) + little(height - 1, 3)
    var body =
      webpChunk("VP8X", [2, 0, 0, 0] + sides) + webpChunk("ANIM", [0, 0, 0, 0, 0, 0])
    for picture in 0..<pictures {
      let still = webpChunk("VP8L", lossless(width, height, blue: picture * 50))
      body += webpChunk(
        "ANMF", [0, 0, 0, 0, 0, 0] + sides + little(100, 3) + [0] + still)
    }
    return text("RIFF") + little(body.count + 4, 4) + text("WEBP") + body
  }

  private static func webpChunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    text(type) + little(data.count, 4) + data + (data.count % 2 == 1 ? [0] : [])
  }

  /// Five codes of one symbol each, so that the pixels take no bits.
  private static func lossless(_ width: Int, _ height: Int, blue: Int) -> [UInt8] {
    var bits: [Int] = []
    func put(_ value: Int, _ count: Int) { for bit in 0..<count { bits.append(value >> bit & 1) } }
    put(width - 1, 14)
    put(height - 1, 14)
    put(0, 7)
    for symbol in [10, 200, blue, 255] {
      put(0b101, 3)
      put(symbol, 8)
    }
    put(0b0001, 4)
    return [0x2f]
      + stride(from: 0, to: bits.count, by: 8).map { start in
        bits[start..<min(bits.count, start + 8)].reversed().reduce(UInt8(0)) {
          $0 << 1 | UInt8($1)
        }
      }
  }

  // MARK: Exif

  /// A JPEG that has to be turned by a quarter to be upright, and says where it was taken.
  static func turned(_ jpeg: [UInt8]) -> [UInt8] {
    var exif: [UInt8] = text("Exif\0\0MM")
    exif += [0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
    exif += text("GPS: at home")
    var result = Array(jpeg.prefix(2))
    result += [0xff, 0xe1]
    result += big(exif.count + 2, 2)
    result += exif
    result += jpeg.dropFirst(2)
    return result
  }

  // MARK: Ogg Opus

  /// Packets of 20 ms: the first half silent, then noise.
  static func opus(packets: Int) -> [UInt8] {
    let head = text("OpusHead") + [1, 1] + little(312, 2) + little(48_000, 4) + [0, 0, 0]
    var bytes = oggPage(2, granule: 0, number: 0, [head])
    bytes += oggPage(
      0, granule: 0, number: 1, [text("OpusTags") + little(1, 4) + text("x") + little(0, 4)])
    var noise: UInt32 = 1
    for start in stride(from: 0, to: packets, by: 50) {
      let end = min(packets, start + 50)
      let some = (start..<end).map { index in
        guard index >= packets / 2 else { return [UInt8(0xf8)] }
        return [0xf8]
          + (0..<80).map { _ in
            noise = noise &* 1_664_525 &+ 1_013_904_223
            return UInt8(noise >> 24)
          }
      }
      let isLast = end == packets
      bytes += oggPage(
        isLast ? 4 : 0, granule: 312 + 960 * end - (isLast ? 312 : 0), number: 2 + start / 50, some)
    }
    return bytes
  }

  private static func oggPage(
    _ kind: UInt8, granule: Int, number: Int, _ packets: [[UInt8]]
  ) -> [UInt8] {
    var page = text("OggS") + [0, kind] + little(granule, 8) + little(77, 4) + little(number, 4)
    page += [0, 0, 0, 0, UInt8(packets.count)] + packets.map { UInt8($0.count) }
    page += packets.joined()
    var sum: UInt32 = 0
    for byte in page {
      sum ^= UInt32(byte) << 24
      for _ in 0..<8 { sum = sum >> 31 == 1 ? sum << 1 ^ 0x04c1_1db7 : sum << 1 }
    }
    page.replaceSubrange(22..<26, with: little(Int(sum), 4))
    return page
  }
}
