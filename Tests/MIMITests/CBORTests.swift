// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@Suite struct CBORTests {
  private static func bytes(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }

  /// From RFC 8949, Appendix A, as far as the data model goes.
  @Test(
    arguments: [
      ("00", .unsigned(0)), ("17", .unsigned(23)), ("1818", .unsigned(24)),
      ("1903e8", .unsigned(1000)), ("1a000f4240", .unsigned(1_000_000)),
      ("1b000000e8d4a51000", .unsigned(1_000_000_000_000)),
      ("1bffffffffffffffff", .unsigned(.max)), ("3bffffffffffffffff", .negative(.max)),
      ("20", .negative(0)), ("3903e7", .negative(999)),
      ("c249010000000000000000", .tagged(2, .bytes([1, 0, 0, 0, 0, 0, 0, 0, 0]))),
      ("f90000", .float(0)), ("f98000", .float(-0.0)), ("f93c00", .float(1)),
      ("fb3ff199999999999a", .float(1.1)), ("f97bff", .float(65504)),
      ("fa47c35000", .float(100_000)),
      ("fa7f7fffff", .float(3.4028234663852886e+38)), ("fb7e37e43c8800759c", .float(1.0e+300)),
      ("f90001", .float(5.960464477539063e-8)), ("f9c400", .float(-4)),
      ("fbc010666666666666", .float(-4.1)), ("f97c00", .float(.infinity)), ("f97e00", .float(.nan)),
      ("f9fc00", .float(-.infinity)), ("f4", .bool(false)), ("f5", .bool(true)), ("f6", .null),
      ("f7", .simple(23)), ("f0", .simple(16)), ("f8ff", .simple(255)),
      ("c11a514b67b0", .tagged(1, .unsigned(1_363_896_240))), ("40", .bytes([])),
      ("4401020304", .bytes([1, 2, 3, 4])), ("60", .text("")), ("6449455446", .text("IETF")),
      ("62c3bc", .text("\u{fc}")), ("64f0908591", .text("\u{10151}")), ("80", .array([])),
      ("83010203", .array([.unsigned(1), .unsigned(2), .unsigned(3)])),
      (
        "8301820203820405",
        .array([
          .unsigned(1), .array([.unsigned(2), .unsigned(3)]),
          .array([.unsigned(4), .unsigned(5)]),
        ])
      ),
      ("a0", .map(CBORMap())),
    ] as [(String, CBORValue)])
  func valueHasItsBytes(text: String, value: CBORValue) throws {
    #expect(Hex.encode(value.encoded) == text)
    #expect(try CBORValue(decoding: Self.bytes(text)) == value)
  }

  @Test(
    arguments: [
      // Longer than need be: integers, lengths, tags, floats, bignums.
      ("1817", .nonMinimalLength), ("190018", .nonMinimalLength), ("1900ff", .nonMinimalLength),
      ("1a0000ffff", .nonMinimalLength), ("1b00000000ffffffff", .nonMinimalLength),
      ("3817", .nonMinimalLength), ("5800", .nonMinimalLength), ("780161", .nonMinimalLength),
      ("9800", .nonMinimalLength), ("b800", .nonMinimalLength), ("d80100", .nonMinimalLength),
      ("fa3f800000", .nonMinimalLength), ("fb3ff0000000000000", .nonMinimalLength),
      ("fb40f86a0000000000", .nonMinimalLength), ("c240", .nonMinimalLength),
      ("c2480100000000000000", .nonMinimalLength), ("c3490001000000000000ff", .nonMinimalLength),
      // Indefinite lengths and the break.
      ("5f4101ff", .invalidValue(field: "CBOR indefinite length")),
      ("7f6161ff", .invalidValue(field: "CBOR indefinite length")),
      ("9fff", .invalidValue(field: "CBOR indefinite length")),
      ("bfff", .invalidValue(field: "CBOR indefinite length")),
      ("ff", .invalidValue(field: "CBOR indefinite length")),
      ("1f", .invalidValue(field: "CBOR indefinite length")),
      // Reserved forms.
      ("1c", .invalidValue(field: "CBOR additional information")),
      ("fe", .invalidValue(field: "CBOR additional information")),
      ("f818", .invalidValue(field: "CBOR simple value")),
      ("f81f", .invalidValue(field: "CBOR simple value")),
      ("f97e01", .invalidValue(field: "CBOR NaN")), ("f9fe00", .invalidValue(field: "CBOR NaN")),
      ("fa7fc00000", .invalidValue(field: "CBOR NaN")),
      ("fb7ff8000000000000", .invalidValue(field: "CBOR NaN")),
      // Maps.
      ("a201000100", .invalidValue(field: "CBOR duplicate key")),
      ("a202000100", .invalidValue(field: "CBOR map order")),
      ("a26161000100", .invalidValue(field: "CBOR map order")),
      ("a220000100", .invalidValue(field: "CBOR map order")),
      ("a262616100616200", .invalidValue(field: "CBOR map order")),
      ("a1f500", .invalidValue(field: "CBOR map key")),
      ("a1f93c0000", .invalidValue(field: "CBOR map key")),
      ("a18000", .limitExceeded),
      ("a11b002000000000000000", .invalidValue(field: "CBOR map key")),
      ("a13b001fffffffffffff00", .invalidValue(field: "CBOR map key")),
      // Text that is no UTF-8.
      ("61ff", .invalidValue(field: "CBOR text")), ("62c080", .invalidValue(field: "CBOR text")),
      ("63eda080", .invalidValue(field: "CBOR text")),
      ("64f4908080", .invalidValue(field: "CBOR text")),
      // Lengths that the input does not have, and left-over bytes.
      ("", .truncated), ("18", .truncated), ("42ff", .truncated), ("82", .truncated),
      ("a1", .truncated), ("a101", .truncated), ("c1", .truncated), ("9affffffff", .truncated),
      ("5b7fffffffffffffff", .truncated), ("5bffffffffffffffff", .limitExceeded),
      ("9bffffffffffffffff", .limitExceeded), ("bb8000000000000000", .limitExceeded),
      ("0000", .trailingBytes),
      // Depth.
      ("8181818181", .limitExceeded), ("c1c1c1c1c100", .limitExceeded),
      ("a100a100a100a100a100", .limitExceeded),
    ] as [(String, DecodingFailure)])
  func refuses(text: String, failure: DecodingFailure) throws {
    let bytes = try Self.bytes(text)
    #expect(throws: failure) { try CBORValue(decoding: bytes) }
  }

  @Test func deepButAllowedIsTaken() throws {
    #expect(try CBORValue(decoding: [0x81, 0x81, 0x81, 0x80]).encoded.count == 4)
    #expect(
      try CBORValue(decoding: [0xa1, 0, 0xa1, 0, 0xa1, 0, 0xa0]).encoded.count == 7)
  }

  @Test func mapKeepsTheOrderOfEncodedKeys() throws {
    let keys: [CBORKey] = [
      .text("aa"), .bytes([1]), .integer(-1), .integer(100), .text("b"), .integer(10),
      .integer(CBORKey.integerMax), .integer(-CBORKey.integerMax),
    ]
    var map = CBORMap()
    for (index, key) in keys.enumerated() { map[key] = .unsigned(UInt64(index)) }
    // RFC 8949 §4.2.1: bytewise order of the encoded keys.
    let expected: [CBORKey] = [
      .integer(10), .integer(100), .integer(CBORKey.integerMax), .integer(-1),
      .integer(-CBORKey.integerMax), .bytes([1]), .text("b"), .text("aa"),
    ]
    #expect(map.entries.map(\.key) == expected)
    #expect(try CBORValue(decoding: CBORValue.map(map).encoded) == .map(map))
    map[.text("b")] = .null
    #expect(map.entries.count == keys.count)
    #expect(map[.text("b")] == .null)
    map[.text("b")] = nil
    #expect(map[.text("b")] == nil)
  }

  @Test func textsOfTheSameLookAndOtherBytesDiffer() {
    #expect(CBORValue.text("\u{e9}") != CBORValue.text("e\u{301}"))
    var map = CBORMap()
    map[.text("\u{e9}")] = .unsigned(1)
    map[.text("e\u{301}")] = .unsigned(2)
    #expect(map.entries.count == 2)
    #expect(map[.text("\u{e9}")] == .unsigned(1))
  }
}
