// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore

/// The form of what own devices tell each other.
@Suite struct OwnNoteTests {
  private let groupID = [UInt8](repeating: 7, count: 32)

  private static func signer() throws -> [UInt8] {
    var entropy = SeededGenerator(seed: 1)
    let account = AccountSecrets(address: try Address("bob@x.example"), using: &entropy)
    return SharedSigner(account.signer, isPublished: false).encoded
  }

  private func item(_ key: OwnKey, _ value: [UInt8]) -> [UInt8] {
    OwnNote([.change(key, value)]).encoded
  }

  @Test func everyNoteComesBack() throws {
    let place = OwnPlace(generation: 1, groupID: groupID, seq: .max)
    let note = OwnNote([
      .ask, .change(OwnKey(.draft, "bob@x.example"), Array("x".utf8)),
      .known(OwnKey(.accepted, "bob@x.example"), [1], place),
      .change(OwnKey(.star, "bob@x.example", part: [1, 2]), []),
      .change(.name(ofDevice: 3), Array("Kitchen".utf8)),
      .change(OwnKey(.signer, [UInt8]()), try Self.signer()),
    ])
    #expect(try OwnNote(decoding: note.encoded) == note)
  }

  @Test func whatIsNoneIsRefused() throws {
    let signer = try Self.signer()
    let good = item(OwnKey(.accepted, "bob@x.example"), [1])
    #expect(throws: Never.self) { try OwnNote(decoding: good) }
    #expect(throws: DecodingFailure.trailingBytes) { try OwnNote(decoding: good + [0]) }
    #expect(throws: DecodingFailure.invalidValue(field: "own note format")) {
      try OwnNote(decoding: [2] + good.dropFirst())
    }
    #expect(throws: DecodingFailure.invalidValue(field: "own note items")) {
      try OwnNote(decoding: [1, 0])
    }
    #expect(throws: DecodingFailure.invalidValue(field: "own item type")) {
      try OwnNote(decoding: [1, 1, 9])
    }
    for (key, value) in [
      (OwnKey(.accepted, "b@x.example"), [2]), (OwnKey(.mute, "b@x.example"), [1]),
      (OwnKey(.pin, "b@x.example"), [0x80, 0, 0, 0, 0, 0, 0, 0]),
      (OwnKey(.draft, "b@x.example"), [0xff]), (OwnKey(.verified, "b@x.example"), [1]),
      (OwnKey(.deviceName, [0, 0, 0, 1]), Array("two\nlines".utf8)),
      (OwnKey(.signer, [UInt8]()), Array(repeating: 1, count: 160)),
      (OwnKey(.signer, [UInt8]()), [2] + signer.dropFirst()), (OwnKey(.signer, [UInt8]()), [1]),
      (.renewal(ofDevice: 1), Array(repeating: 1, count: 67)),
      (.refusal(ofDevice: 1, in: "b@x.example"), Array(repeating: 1, count: 63)),
    ] as [(OwnKey, [UInt8])] {
      #expect(throws: DecodingFailure.invalidValue(field: "own value")) {
        try OwnNote(decoding: item(key, value))
      }
    }
    let long = OwnKey(.draft, Array(repeating: 1, count: OwnKey.subjectBytesMax + 1))
    #expect(throws: DecodingFailure.limitExceeded) { try OwnNote(decoding: item(long, [])) }
  }

  @Test func placesAreInTheOrderInWhichTheyCount() {
    let small = OwnPlace(generation: 1, groupID: [1] + groupID.dropFirst(), seq: 1)
    let large = OwnPlace(generation: 1, groupID: [2] + groupID.dropFirst(), seq: 9)
    let next = OwnPlace(generation: 2, groupID: [2] + groupID.dropFirst(), seq: 1)
    let later = OwnPlace(generation: 1, groupID: small.groupID, seq: 2)
    #expect([next, later, small, large, .origin].sorted() == [.origin, large, small, later, next])
  }

  @Test func manyItemsGoInNotesThatFit() throws {
    let items = (0..<2_500).map { number in
      OwnNote.Item.change(
        OwnKey(.draft, "a\(number)@x.example"), Array(repeating: 65, count: number % 300))
    }
    let notes = OwnNote.notes(of: items)
    #expect(notes.flatMap(\.items) == items)
    for note in notes {
      #expect(note.encoded.count <= OwnNote.bytesMax + 8 && note.items.count <= OwnNote.itemsMax)
    }
    #expect(OwnNote.notes(of: []).isEmpty)
  }
}
