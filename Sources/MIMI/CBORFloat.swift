// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The shortest forms of floating-point numbers (RFC 8949 §4.2.1), and the one form of NaN that
/// draft-ietf-mimi-content-08 allows.
enum CBORFloat {
  static let nan: UInt16 = 0x7e00

  /// The number in `head`, whose argument is its bits.
  static func decode(_ head: CBORHead) throws(DecodingFailure) -> Double {
    let value: Double
    switch head.information {
    case 25: value = Double(Float16(bitPattern: UInt16(truncatingIfNeeded: head.argument)))
    case 26: value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: head.argument)))
    default: value = Double(bitPattern: head.argument)
    }
    if value.isNaN {
      guard head.information == 25, head.argument == UInt64(nan) else {
        throw .invalidValue(field: "CBOR NaN")
      }
    }
    guard head.information == width(of: value) else { throw .nonMinimalLength }
    return value
  }

  /// The additional information of the shortest form that holds `value` exactly.
  static func width(of value: Double) -> UInt8 {
    if value.isNaN || Double(Float16(value)) == value { return 25 }
    return Double(Float(value)) == value ? 26 : 27
  }
}

extension ByteWriter {
  /// Writes a floating-point number in its shortest form.
  mutating func writeCBOR(float value: Double) {
    let width = CBORFloat.width(of: value)
    write(CBORMajorType.other.rawValue << 5 | width)
    switch width {
    case 25: write(value.isNaN ? CBORFloat.nan : Float16(value).bitPattern)
    case 26: write(Float(value).bitPattern)
    default: write(value.bitPattern)
    }
  }
}
