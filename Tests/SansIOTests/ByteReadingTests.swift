// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@Suite struct ByteReadingTests {
  @Test(
    arguments: [
      ([0xc0], DecodingFailure.reservedLengthPrefix),
      ([0xff, 0, 0, 0], .reservedLengthPrefix),
      ([0x40, 0x00], .nonMinimalLength),
      ([0x40, 0x3f], .nonMinimalLength),
      ([0x80, 0, 0, 0], .nonMinimalLength),
      ([0x80, 0, 0x3f, 0xff], .nonMinimalLength),
      ([], .truncated),
      ([0x40], .truncated),
      ([0x80, 0, 0], .truncated),
    ] as [([UInt8], DecodingFailure)])
  func refusesLengthHeader(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) {
      var input = bytes.span
      _ = try input.readLengthHeader()
    }
  }

  @Test(arguments: [0, 1, 0x3f, 0x40, 0x3fff, 0x4000, 0x3fff_ffff])
  func lengthHeaderRoundTrips(length: Int) throws {
    var output = ByteWriter()
    output.write(vectorLength: length)
    var input = output.bytes.span
    let decoded = try input.readLengthHeader()
    #expect(decoded == length)
    let left = input.count
    #expect(left == 0)
  }

  @Test func vectorLongerThanInputIsTruncated() {
    #expect(throws: DecodingFailure.truncated) {
      var input = ([5, 1, 2] as [UInt8]).span
      _ = try input.readVector()
    }
  }

  @Test func vectorAboveLimitIsRefused() {
    #expect(throws: DecodingFailure.limitExceeded) {
      var input = ([3, 1, 2, 3] as [UInt8]).span
      _ = try input.readVector(maximum: 2)
    }
  }

  @Test func nestedValueMustFillItsVector() {
    #expect(throws: DecodingFailure.trailingBytes) {
      var input = ([2, 1, 2] as [UInt8]).span
      _ = try input.readNested { (body: inout Span<UInt8>) throws(DecodingFailure) in
        try body.readUInt8()
      }
    }
  }

  @Test func optionalPresenceIsZeroOrOne() {
    #expect(throws: DecodingFailure.invalidValue(field: "optional presence")) {
      var input = ([2, 1] as [UInt8]).span
      _ = try input.readOptional { (body: inout Span<UInt8>) throws(DecodingFailure) in
        try body.readUInt8()
      }
    }
  }

  @Test func flagsAreZeroOrOne() throws {
    func flag(_ bytes: [UInt8]) throws -> Bool {
      var input = bytes.span
      return try input.readFlag(field: "flag")
    }
    #expect(try flag([1]))
    #expect(try !flag([0]))
    #expect(throws: DecodingFailure.invalidValue(field: "flag")) { try flag([2]) }
    #expect(throws: DecodingFailure.truncated) { try flag([]) }
  }

  @Test func integersAreBigEndian() throws {
    var output = ByteWriter()
    output.write(UInt16(0x0102))
    output.write(UInt32(0x0304_0506))
    output.write(UInt64(0x0708_090a_0b0c_0d0e))
    #expect(output.bytes == Array(1...14))
    var input = output.bytes.span
    let short = try input.readUInt16()
    let word = try input.readUInt32()
    let long = try input.readUInt64()
    #expect(short == 0x0102)
    #expect(word == 0x0304_0506)
    #expect(long == 0x0708_090a_0b0c_0d0e)
  }
}
