// SPDX-License-Identifier: Apache-2.0

/// Takes out of a picture what it tells beside what it shows: where and when it was taken, by which
/// camera, comments, thumbnails of earlier states. Not a pixel changes. What is kept is listed; all
/// else goes, and so does what stands behind the end.
package enum PictureMetadata {
  /// The picture without it; `nil` when it is not formed strictly enough to tell.
  package static func removed(from bytes: [UInt8], _ header: PictureHeader) -> [UInt8]? {
    var walk = PictureWalk(bytes)
    switch header.kind {
    case .jpeg: walk.jpeg(orientation: header.orientation)
    case .png: walk.png()
    case .gif: walk.gif()
    case .webp: walk.webp()
    }
    return walk.isWhole ? walk.output : nil
  }
}

/// One walk through a container, which copies what stays.
private struct PictureWalk {
  private let input: [UInt8]
  private var place = 0
  /// What stays.
  private(set) var output: [UInt8] = []
  /// The end was found where it has to be.
  private(set) var isWhole = false

  init(_ input: [UInt8]) {
    self.input = input
    output.reserveCapacity(input.count)
  }

  private func byte(_ offset: Int = 0) -> UInt8? {
    place + offset < input.count ? input[place + offset] : nil
  }

  private func big(_ offset: Int, _ count: Int) -> Int? {
    guard place + offset + count <= input.count else { return nil }
    return input[(place + offset)..<(place + offset + count)].reduce(0) { $0 << 8 | Int($1) }
  }

  private func little(_ offset: Int, _ count: Int) -> Int? {
    guard place + offset + count <= input.count else { return nil }
    return input[(place + offset)..<(place + offset + count)].reversed()
      .reduce(0) { $0 << 8 | Int($1) }
  }

  private func has(_ text: String, at offset: Int = 0) -> Bool {
    guard place + offset <= input.count else { return false }
    return input[(place + offset)...].starts(with: text.utf8)
  }

  /// Goes past `count` bytes, which stay or not.
  ///
  /// - Returns: whether there are so many.
  private mutating func pass(_ count: Int, keeping: Bool) -> Bool {
    guard count <= input.count - place else { return false }
    if keeping { output += input[place..<(place + count)] }
    place += count
    return true
  }

  // MARK: JPEG (ITU-T T.81)

  mutating func jpeg(orientation: Int) {
    guard pass(2, keeping: true) else { return }
    if orientation != 1 { output += Self.exif(orientation) }
    var hasScan = false
    while let start = byte(), start == 0xff, let marker = byte(1) {
      switch marker {
      case 0xff: _ = pass(1, keeping: false)
      case 0xd9:
        isWhole = pass(2, keeping: true) && hasScan
        return
      case 0x00...0x01, 0xd0...0xd8: return
      default:
        guard let length = big(2, 2), length >= 2,
          pass(2 + length, keeping: keeps(marker, length))
        else { return }
        guard marker == 0xda else { continue }
        hasScan = true
        passScan()
      }
    }
  }

  /// All that makes the picture, its colours, and a plain JFIF head.
  private func keeps(_ marker: UInt8, _ length: Int) -> Bool {
    switch marker {
    case 0xe0: length == 16 && has("JFIF\0", at: 4)
    case 0xe2: has("ICC_PROFILE\0", at: 4)
    case 0xee: has("Adobe", at: 4)
    case 0xe1, 0xe3...0xed, 0xef...0xfe: false
    default: true
    }
  }

  /// To the marker that ends the coded data.
  private mutating func passScan() {
    let start = place
    while let current = byte() {
      if current == 0xff, let next = byte(1), next != 0, !(0xd0...0xd7).contains(next) { break }
      place += 1
    }
    output += input[start..<place]
  }

  /// Exif that says how to turn the picture, and nothing else.
  private static func exif(_ orientation: Int) -> [UInt8] {
    [0xff, 0xe1, 0, 34] + Array("Exif\0\0MM".utf8)
      + [
        0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(orientation), 0, 0, 0, 0, 0, 0,
      ]
  }

  // MARK: PNG (ISO/IEC 15948)

  private static let pngKept: Set<String> = [
    "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP", "sBIT", "bKGD",
    "pHYs", "acTL", "fcTL", "fdAT",
  ]

  mutating func png() {
    guard pass(8, keeping: true) else { return }
    while let length = big(0, 4), place + 8 <= input.count {
      let type = String(decoding: input[(place + 4)..<(place + 8)], as: UTF8.self)
      let isKept = Self.pngKept.contains(type)
      // What has to be understood to show the picture is not left out.
      guard isKept || (byte(4) ?? 0) & 0x20 != 0, pass(12 + length, keeping: isKept) else { return }
      if type == "IEND" {
        isWhole = true
        return
      }
    }
  }

  // MARK: GIF (89a)

  mutating func gif() {
    guard let flags = byte(10), pass(13 + Self.colours(flags), keeping: true) else { return }
    while let kind = byte() {
      switch kind {
      case 0x3b:
        isWhole = pass(1, keeping: true)
        return
      case 0x2c:
        guard let flags = byte(9), pass(11 + Self.colours(flags), keeping: true),
          passBlocks(keeping: true)
        else { return }
      case 0x21:
        // How long a picture stands, and how often all are shown.
        let isKept =
          byte(1) == 0xf9
          || byte(1) == 0xff && byte(2) == 11
            && (has("NETSCAPE2.0", at: 3) || has("ANIMEXTS1.0", at: 3))
        guard pass(2, keeping: isKept), passBlocks(keeping: isKept) else { return }
      default: return
      }
    }
  }

  private static func colours(_ flags: UInt8) -> Int {
    flags & 0x80 == 0 ? 0 : 3 << (Int(flags & 7) + 1)
  }

  private mutating func passBlocks(keeping: Bool) -> Bool {
    while let length = byte() {
      guard pass(1 + Int(length), keeping: keeping) else { return false }
      if length == 0 { return true }
    }
    return false
  }

  // MARK: WebP (RFC 9649)

  private static let webpKept: Set<String> = [
    "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP",
  ]
  /// Of `VP8X`: there is Exif, there is XMP.
  private static let webpMetadataFlags: UInt8 = 0x0c

  mutating func webp() {
    guard let length = little(4, 4), length >= 4, length <= input.count - 8 else { return }
    let end = 8 + length
    guard pass(12, keeping: true) else { return }
    while place + 8 <= end, let length = little(4, 4) {
      let whole = 8 + length + length % 2
      guard whole <= end - place else { return }
      let type = String(decoding: input[place..<(place + 4)], as: UTF8.self)
      let start = output.count
      guard pass(whole, keeping: Self.webpKept.contains(type)) else { return }
      if type == "VP8X", length > 0 { output[start + 8] &= ~Self.webpMetadataFlags }
    }
    guard place == end else { return }
    let size = output.count - 8
    for index in 0..<4 { output[4 + index] = UInt8(truncatingIfNeeded: size >> (8 * index)) }
    isWhole = true
  }
}
