// SPDX-License-Identifier: Apache-2.0

import SansIO

/// A plain key as text: 64 hexadecimal digits, or base64 with padding (RFC 4648 §4), and one
/// newline at most. The text is as secret as the key, so it stays in wiped bytes throughout.
enum KeyText {
  /// The key's 32 bytes, or `nil`.
  static func decode(_ text: Secret) -> Secret? {
    unsafe text.withUnsafeBytes { bytes in
      var count = bytes.count
      if count > 0, unsafe bytes[count - 1] == 0x0a { count -= 1 }
      switch count {
      case 64: return unsafe decode(bytes, digits: 64, bitsPerDigit: 4, value: hexValue)
      case 44 where unsafe bytes[43] == 0x3d:
        return unsafe decode(bytes, digits: 43, bitsPerDigit: 6, value: base64Value)
      default: return nil
      }
    }
  }

  private static func decode(
    _ text: UnsafeRawBufferPointer, digits: Int, bitsPerDigit: Int, value: (UInt8) -> UInt32?
  ) -> Secret? {
    var valid = true
    let key = unsafe Secret(count: StoreKey.bytes) { buffer in
      var pending: UInt32 = 0
      var pendingBits = 0
      var next = 0
      for index in 0..<digits {
        guard let digit = unsafe value(text[index]) else {
          valid = false
          return
        }
        pending = pending << UInt32(bitsPerDigit) | digit
        pendingBits += bitsPerDigit
        if pendingBits >= 8 {
          pendingBits -= 8
          unsafe buffer[next] = UInt8(truncatingIfNeeded: pending >> UInt32(pendingBits))
          next += 1
        }
      }
      // Bits that are left over are zero, so that one key has one text.
      valid = pending & ((1 << UInt32(pendingBits)) - 1) == 0
    }
    return valid ? key : nil
  }

  private static func hexValue(_ unit: UInt8) -> UInt32? {
    switch unit {
    case 0x30...0x39: UInt32(unit - 0x30)
    case 0x41...0x46: UInt32(unit - 0x41 + 10)
    case 0x61...0x66: UInt32(unit - 0x61 + 10)
    default: nil
    }
  }

  private static func base64Value(_ unit: UInt8) -> UInt32? {
    switch unit {
    case 0x41...0x5a: UInt32(unit - 0x41)
    case 0x61...0x7a: UInt32(unit - 0x61 + 26)
    case 0x30...0x39: UInt32(unit - 0x30 + 52)
    case 0x2b: 62
    case 0x2f: 63
    default: nil
    }
  }
}
