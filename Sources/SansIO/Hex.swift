// SPDX-License-Identifier: Apache-2.0

/// Lower-case hexadecimal, for public values, links and test vectors.
public enum Hex {
  /// The lower-case form of `bytes`, two digits a byte.
  public static func encode(_ bytes: [UInt8]) -> String {
    var text = ""
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 0x0f)])
    }
    return text
  }

  /// The bytes of `text`, or `nil` when it has an odd length or another character than 0-9 a-f A-F.
  public static func decode(_ text: String) -> [UInt8]? {
    let units = Array(text.utf8)
    guard units.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(units.count / 2)
    for index in stride(from: 0, to: units.count, by: 2) {
      guard let high = value(units[index]), let low = value(units[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static let digits: [Character] = Array("0123456789abcdef")

  private static func value(_ unit: UInt8) -> UInt8? {
    switch unit {
    case 0x30...0x39: unit - 0x30
    case 0x61...0x66: unit - 0x61 + 10
    case 0x41...0x46: unit - 0x41 + 10
    default: nil
    }
  }
}
