// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The major types of RFC 8949 §3.1.
enum CBORMajorType: UInt8 {
  case unsigned = 0
  case negative = 1
  case bytes = 2
  case text = 3
  case array = 4
  case map = 5
  case tag = 6
  case other = 7
}

/// The first bytes of a data item: its major type and its argument (RFC 8949 §3).
struct CBORHead {
  let majorType: CBORMajorType
  /// The low five bits, which say for major type 7 what the argument is.
  let information: UInt8
  let argument: UInt64
}

extension Span where Element == UInt8 {
  /// Takes a head in its shortest form.
  ///
  /// - Throws: `nonMinimalLength` for a longer form (RFC 8949 §4.2.1), `invalidValue` for an
  ///   indefinite length and for the reserved forms.
  mutating func readCBORHead() throws(DecodingFailure) -> CBORHead {
    let initial = try readUInt8()
    guard let majorType = CBORMajorType(rawValue: initial >> 5) else {
      throw .invalidValue(field: "CBOR major type")
    }
    let information = initial & 0x1f
    let argument: UInt64
    let smallest: UInt64
    switch information {
    case 0..<24: (argument, smallest) = (UInt64(information), 0)
    case 24: (argument, smallest) = (UInt64(try readUInt8()), 24)
    case 25: (argument, smallest) = (UInt64(try readUInt16()), 1 << 8)
    case 26: (argument, smallest) = (UInt64(try readUInt32()), 1 << 16)
    case 27: (argument, smallest) = (try readUInt64(), 1 << 32)
    case 31: throw .invalidValue(field: "CBOR indefinite length")
    default: throw .invalidValue(field: "CBOR additional information")
    }
    // Floats have their own rule for the shortest form.
    if majorType != .other, argument < smallest { throw .nonMinimalLength }
    return CBORHead(majorType: majorType, information: information, argument: argument)
  }

  /// Takes the head of a string, array or map and checks its length against what is left, so that
  /// nothing is allocated from a claimed length: an element has `itemBytesMin` bytes at least.
  mutating func readCBORCount(
    _ majorType: CBORMajorType, itemBytesMin: Int = 1, maximum: Int, field: StaticName
  ) throws(DecodingFailure) -> Int {
    let head = try readCBORHead()
    guard head.majorType == majorType else { throw .invalidValue(field: field) }
    return try checkedCBORCount(head, itemBytesMin: itemBytesMin, maximum: maximum)
  }

  /// The length in `head`, when it is within both limits.
  func checkedCBORCount(
    _ head: CBORHead, itemBytesMin: Int = 1, maximum: Int = .max
  ) throws(DecodingFailure) -> Int {
    guard let length = Int(exactly: head.argument), length <= maximum else {
      throw .limitExceeded
    }
    guard length <= count / itemBytesMin else { throw .truncated }
    return length
  }
}

extension ByteWriter {
  /// Writes a head in its shortest form (RFC 8949 §4.2.1).
  mutating func writeCBORHead(_ majorType: CBORMajorType, _ argument: UInt64) {
    let type = majorType.rawValue << 5
    switch argument {
    case 0..<24:
      write(type | UInt8(argument))
    case 24...0xff:
      write(type | 24)
      write(UInt8(argument))
    case 0x100...0xffff:
      write(type | 25)
      write(UInt16(argument))
    case 0x1_0000...0xffff_ffff:
      write(type | 26)
      write(UInt32(argument))
    default:
      write(type | 27)
      write(argument)
    }
  }
}
