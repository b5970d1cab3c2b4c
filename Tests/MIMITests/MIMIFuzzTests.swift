// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

/// Seeded mutation of valid inputs: nothing traps, and what decodes encodes to the very same bytes.
@Suite struct MIMIFuzzTests {
  private static let rounds = 10_000

  /// One to four changes; half of the new bytes are heads that CBOR treats in a special way.
  private static func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    let heads: [UInt8] = [
      0x18, 0x1b, 0x1f, 0x40, 0x58, 0x5f, 0x60, 0x78, 0x80, 0x82, 0x9b, 0x9f, 0xa0, 0xa1, 0xbf,
      0xc2, 0xd8, 0xf4, 0xf6, 0xf8, 0xf9, 0xfb, 0xff,
    ]
    var output = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let position = Int.random(in: 0..<max(1, output.count), using: &generator)
      let value =
        generator.chance(1, in: 2)
        ? heads[Int.random(in: 0..<heads.count, using: &generator)]
        : UInt8.random(in: 0...255, using: &generator)
      switch UInt8.random(in: 0..<5, using: &generator) {
      case 0 where !output.isEmpty: output[position] = value
      case 1 where !output.isEmpty: output[position] ^= 1 << UInt8(position % 8)
      case 2 where !output.isEmpty: output.removeSubrange(position...)
      case 3 where !output.isEmpty: output.remove(at: position)
      default: output.insert(value, at: position)
      }
    }
    return output
  }

  /// Gives the number of mutated inputs that were taken.
  private static func check<Value: WireValue>(
    _ type: Value.Type, seeds: [[UInt8]], seed: UInt64, use: (Value) -> Void = { _ in }
  ) -> Int {
    var generator = SeededGenerator(seed: seed)
    var taken = 0
    for round in 0..<rounds {
      let bytes = mutate(seeds[round % seeds.count], &generator)
      guard let value = try? Value(decoding: bytes) else { continue }
      #expect(value.encoded == bytes, "round \(round)")
      use(value)
      taken += 1
    }
    return taken
  }

  @Test func messages() throws {
    let seeds = try ExampleFiles.messages.map(ExampleFiles.bytes)
    let taken = Self.check(MIMIContent.self, seeds: seeds, seed: 31) { content in
      _ = content.text
      _ = content.reactions
      _ = content.statusReport
      _ = content.body.part(at: 3)
      _ = content.messageID(senderURI: "a", roomURI: "b")
    }
    // Some changes fall into free text; were none taken, the test would show nothing.
    #expect(taken > 100)
    #expect(taken < Self.rounds)
  }

  @Test func derivedValues() throws {
    let seeds = [try ExampleFiles.bytes("implied-original")]
    #expect(Self.check(MessageDerivedValues.self, seeds: seeds, seed: 32) > 100)
  }

  @Test func statusReports() throws {
    let id = try #require(MessageID(Array(repeating: 1, count: 32)))
    let statuses = [MessageStatus.delivered, .read, .error].map { status in
      PerMessageStatus(messageID: id, status: status)
    }
    let report = try #require(MessageStatusReport(statuses))
    #expect(Self.check(MessageStatusReport.self, seeds: [report.encoded], seed: 33) > 100)
  }

  @Test func values() throws {
    let seeds = try [
      "a30101026161f5818200f93c00", "8301820203820405", "fb3ff199999999999a",
      "c249010000000000000000", "a20a00616101", "83f97e00f8fff6", "64f0908591",
    ].map { text in try #require(Hex.decode(text)) }
    #expect(Self.check(CBORValue.self, seeds: seeds, seed: 34) > 100)
  }

  @Test func randomBytes() {
    var generator = SeededGenerator(seed: 35)
    for _ in 0..<Self.rounds {
      let bytes = generator.bytes(Int.random(in: 0...40, using: &generator))
      if let value = try? CBORValue(decoding: bytes) { #expect(value.encoded == bytes) }
      if let content = try? MIMIContent(decoding: bytes) { #expect(content.encoded == bytes) }
    }
  }
}
