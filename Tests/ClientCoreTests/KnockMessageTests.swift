// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore
@testable import MLS

/// Links into groups and the requests by them, byte by byte.
@Suite struct KnockMessageTests {
  private static func fixture() throws -> (LocalDevice, JoinLinkEntry, JoinLink) {
    var entropy = SeededGenerator(seed: 13)
    let now = Instant(milliseconds: 1_800_000_000_000)
    let device = LocalDevice(
      newAccount: try Address("carol@x.example"), at: now, using: &entropy)
    let entry = JoinLinkEntry(
      seed: entropy.bytes(32), expires: now, uses: 3, needsApproval: true)
    let room = RoomReference(roomID: entropy.bytes(16), domain: "x.example")
    return (device, entry, try entry.link(to: room))
  }

  @Test func linksReadBackAndOthersAreNone() throws {
    let (_, entry, link) = try Self.fixture()
    #expect(try JoinLinkEntry(decoding: entry.encoded) == entry)
    let again = try #require(JoinLink(link.text))
    #expect(again.text == link.text && again.access.logID == link.access.logID)
    #expect(again.room == link.room && again.keyHash == link.keyHash)
    let parts = link.text.dropFirst("sotto-group:v1.".count).split(separator: ".")
    for text in [
      "", "sotto-group:v1.", link.text + ".", link.text + "=",
      link.text.replacing("v1", with: "v2"), link.text.uppercased(), " " + link.text,
      "sotto-group:v1.\(parts[1]).\(parts[0]).\(parts[2]).x.example",
      "sotto-group:v1.\(parts[0]).\(parts[1]).x.example",
      "sotto-link:v1.\(parts[0]).\(parts[1]).\(parts[2])",
    ] {
      #expect(JoinLink(text) == nil, "\(text.count)")
    }
    // Nothing prints the secret.
    #expect("\(entry)" == "JoinLinkEntry")
  }

  @Test func entriesOfOtherFormsAreRefused() throws {
    let (_, entry, _) = try Self.fixture()
    let bytes = entry.encoded
    for length in bytes.indices {
      #expect(throws: DecodingFailure.self) {
        try JoinLinkEntry(decoding: Array(bytes.prefix(length)))
      }
    }
    var late = bytes
    late[32] = 0x80
    #expect(throws: DecodingFailure.invalidValue(field: "join link expiry")) {
      try JoinLinkEntry(decoding: late)
    }
    var odd = bytes
    odd[44] = 2
    #expect(throws: DecodingFailure.invalidValue(field: "join link approval")) {
      try JoinLinkEntry(decoding: odd)
    }
  }

  @Test func requestsAreOfOneLengthAndSealedToTheKeepers() throws {
    let (device, entry, link) = try Self.fixture()
    let keys = try entry.keyPair()
    let at = Instant(milliseconds: 1_800_000_000_000)
    let knock = Knock(by: device, with: link, at: at)
    #expect(knock.encoded.count == 1_024)
    #expect(try Knock(decoding: knock.encoded) == knock)
    let body = try knock.sealed(to: JoinKey(publicKey: keys.publicKey), with: link)
    #expect(Knock.open(body, with: keys, link) == knock)
    #expect(knock.isSigned(with: link)?.address.description == "carol@x.example")
    // Neither the link's own key nor another group opens it.
    #expect(link.open(body) == nil)
    var entropy = SeededGenerator(seed: 1)
    let other = JoinLinkEntry(
      seed: entropy.bytes(32), expires: nil, uses: 1, needsApproval: false)
    let elsewhere = try other.link(to: link.room)
    #expect(Knock.open(body, with: try other.keyPair(), elsewhere) == nil)
    // A request for one link is none for another, nor at another time.
    #expect(knock.isSigned(with: elsewhere) == nil)
    var later = knock.encoded
    later[8] ^= 1
    #expect(try Knock(decoding: later).isSigned(with: link) == nil)
    for length in stride(from: 0, to: knock.encoded.count, by: 13) {
      #expect(throws: DecodingFailure.self) {
        try Knock(decoding: Array(knock.encoded.prefix(length)))
      }
    }
    #expect(throws: DecodingFailure.invalidValue(field: "knock padding")) {
      try Knock(decoding: knock.encoded.dropLast() + [1])
    }
    #expect(throws: DecodingFailure.invalidValue(field: "knock format")) {
      try Knock(decoding: [2] + knock.encoded.dropFirst())
    }
  }

  @Test func onlyTheKeyThatTheLinkNamesIsTaken() throws {
    let (_, entry, link) = try Self.fixture()
    var entropy = SeededGenerator(seed: 2)
    let key = JoinKey(publicKey: try entry.keyPair().publicKey)
    let body = try link.seal(key, using: &entropy)
    #expect(link.open(body) == key)
    let forged = try link.seal(
      JoinKey(publicKey: try ProductGroup.suite.generateHPKEKeyPair(using: &entropy).publicKey),
      using: &entropy)
    #expect(link.open(forged) == nil)
    for place in [0, 5, body.count - 1] {
      var bytes = body
      bytes[place] ^= 1
      #expect(link.open(bytes) == nil)
    }
    #expect(link.open([]) == nil && link.open([1]) == nil)
  }
}
