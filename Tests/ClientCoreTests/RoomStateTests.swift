// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore

/// The stored and sent forms of what a group agrees on.
@Suite struct RoomStateTests {
  private static func account(_ byte: UInt8) -> AccountID {
    guard let account = AccountID(Array(repeating: byte, count: 16)) else {
      preconditionFailure("16 bytes")
    }
    return account
  }

  private static func sample() throws -> RoomState {
    var entropy = SeededGenerator(seed: 3)
    var room = RoomState.group(
      named: "Hike", owner: account(2), domain: try ServiceDomain("x.example"), using: &entropy)
    room.about = "Sundays\nat eight"
    room.setRole(.admin, of: account(1))
    room.banned = [account(9), account(7)]
    room.permissions[.info] = .owner
    room.timer = [1, 2, 3]
    return room
  }

  @Test func statesReadBack() throws {
    let room = try Self.sample()
    #expect(try RoomState(decoding: room.encoded) == room)
    #expect(try RoomState(decoding: RoomState.pair.encoded) == .pair)
    var entropy = SeededGenerator(seed: 4)
    var linked = room
    for uses: UInt32 in [.max, 3] {
      linked.links.append(
        JoinLinkEntry(
          seed: entropy.bytes(32), expires: nil, uses: uses, needsApproval: uses == 3))
    }
    #expect(try RoomState(decoding: linked.encoded) == linked)
    #expect(linked.encoded[0] == 2 && room.encoded[0] == 1)
    // No links, one twice, too many, and links of two people.
    #expect(throws: DecodingFailure.invalidValue(field: "join links")) {
      try RoomState(decoding: [2] + room.encoded.dropFirst() + [0])
    }
    linked.links.append(linked.links[0])
    #expect(throws: DecodingFailure.invalidValue(field: "join links")) {
      try RoomState(decoding: linked.encoded)
    }
    linked.links = (0..<5).map { _ in
      JoinLinkEntry(seed: entropy.bytes(32), expires: nil, uses: 1, needsApproval: false)
    }
    #expect(throws: DecodingFailure.self) { try RoomState(decoding: linked.encoded) }
    var pair = RoomState.pair
    pair.links = [linked.links[0]]
    #expect(throws: DecodingFailure.invalidValue(field: "room of no group")) {
      try RoomState(decoding: pair.encoded)
    }
    var shown = room
    shown.picture = RoomPicture(MediaTests.jpeg(9))
    #expect(try RoomState(decoding: shown.encoded) == shown)
    #expect(shown.encoded[0] == 3 && shown.encoded[1...].starts(with: room.encoded[1...]))
    linked.links = Array(linked.links.prefix(2))
    linked.picture = shown.picture
    #expect(try RoomState(decoding: linked.encoded) == linked)
    let reference = try #require(room.reference)
    #expect(RoomReference(reference.description) == reference)
    #expect(RoomState.pair.reference == nil)
  }

  /// The bytes, so that no later version reads another group into them.
  @Test func theFormIsFrozen() throws {
    let hex = Hex.encode(try Self.sample().encoded)
    let id = Hex.encode(try Self.sample().roomID)
    let (one, two) = (Hex.encode(Self.account(1).bytes), Hex.encode(Self.account(2).bytes))
    let (seven, nine) = (Hex.encode(Self.account(7).bytes), Hex.encode(Self.account(9).bytes))
    #expect(
      hex == "0101" + id + "09782e6578616d706c65" + "0448696b65"
        + "1053756e646179730a6174206569676874" + "010102000000" + "22" + one + "01" + two + "02"
        + "20" + seven + nine + "03010203")
    #expect(
      Hex.encode(RoomState.pair.encoded) == "0100" + String(repeating: "0", count: 32)
        + "000000" + "010100000000" + "000000")
    #expect(
      Hex.encode(RoomState.own.encoded) == "0102" + String(repeating: "0", count: 32)
        + "000000" + "010100000000" + "000000")
    #expect(try RoomState(decoding: RoomState.own.encoded) == .own)
    var shown = try Self.sample()
    let jpeg = MediaTests.jpeg(9)
    shown.picture = RoomPicture(jpeg)
    #expect(
      Hex.encode(shown.encoded) == "03" + hex.dropFirst(2) + "00" + "36" + Hex.encode(jpeg))
  }

  /// A state without one has the form of before; what is no small JPEG is none.
  @Test func otherPicturesAreRefused() throws {
    let plain = try Self.sample()
    func bytes(_ picture: [UInt8], links: [UInt8] = [0]) -> [UInt8] {
      var output = ByteWriter()
      output.write(vector: picture)
      return [3] + plain.encoded.dropFirst() + links + output.bytes
    }
    let room = MediaTests.jpeg(0).count
    let most = MediaTests.jpeg(RoomPicture.bytesMax - room)
    #expect(try RoomState(decoding: bytes(most)).picture?.bytes == most)
    for length in stride(from: 0, to: bytes(most).count, by: 97) {
      #expect(throws: DecodingFailure.self) {
        try RoomState(decoding: Array(bytes(most).prefix(length)))
      }
    }
    let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]
    var wide = MediaTests.jpeg(9)
    wide.replaceSubrange(27..<29, with: [1, 65])
    for (picture, failure) in [
      ([], .invalidValue(field: "room picture")), (png, .invalidValue(field: "room picture")),
      (wide, .invalidValue(field: "room picture")),
      (MediaTests.jpeg(9) + [0], .invalidValue(field: "room picture")),
      (MediaTests.jpeg(9).dropLast(), .invalidValue(field: "room picture")),
      (MediaTests.jpeg(RoomPicture.bytesMax - room + 1), .limitExceeded),
    ] as [([UInt8], DecodingFailure)] {
      #expect(throws: failure) { try RoomState(decoding: bytes(picture)) }
    }
    #expect(throws: DecodingFailure.trailingBytes) {
      try RoomState(decoding: bytes(MediaTests.jpeg(9)) + [0])
    }
    // Two people, and the devices of one account, have none.
    for var other in [RoomState.pair, .own] {
      other.picture = RoomPicture(MediaTests.jpeg(9))
      #expect(throws: DecodingFailure.invalidValue(field: "room of no group")) {
        try RoomState(decoding: other.encoded)
      }
    }
    for picture in [png, Array(wide)] {
      var output = ByteWriter()
      output.write(vector: picture)
      #expect(throws: DecodingFailure.invalidValue(field: "room picture")) {
        try RoomChange(decoding: [1, 16] + output.bytes)
      }
    }
  }

  @Test func otherStatesAreRefused() throws {
    let good = try Self.sample()
    for length in good.encoded.indices {
      #expect(throws: DecodingFailure.self) {
        try RoomState(decoding: Array(good.encoded.prefix(length)))
      }
    }
    #expect(throws: DecodingFailure.trailingBytes) { try RoomState(decoding: good.encoded + [0]) }
    func refused(_ field: StaticName, _ change: (inout RoomState) -> Void) {
      var room = good
      change(&room)
      #expect(throws: DecodingFailure.invalidValue(field: field)) {
        try RoomState(decoding: room.encoded)
      }
    }
    refused("room name") { $0.name = "" }
    refused("room name") { $0.name = "a\nb" }
    refused("room name") { $0.name = "\u{2066}" }
    refused("room name") { $0.about = "\u{7}" }
    refused("room owner") { $0.setRole(.member, of: Self.account(2)) }
    refused("room owner") { $0.setRole(.owner, of: Self.account(1)) }
    func changed(_ place: Int, _ value: UInt8) -> [UInt8] {
      var bytes = good.encoded
      bytes[place] = value
      return bytes
    }
    for (place, value, field) in [
      (0, 0, "room format"), (0, 4, "room format"), (1, 3, "room kind"), (1, 2, "room of no group"),
      (1, 0, "room of no group"),
    ] as [(Int, UInt8, StaticName)] {
      #expect(throws: DecodingFailure.invalidValue(field: field)) {
        try RoomState(decoding: changed(place, value))
      }
    }
    var pair = RoomState.pair
    pair.name = "x"
    #expect(throws: DecodingFailure.invalidValue(field: "room of no group")) {
      try RoomState(decoding: pair.encoded)
    }
  }

  @Test func changesReadBack() throws {
    let changes: [RoomChange] = [
      .add(address: "a@x.example"), .renew(address: "b"), .remove(address: "c", banning: false),
      .remove(address: "c", banning: true), .unban(address: "d"), .rename("Hike"),
      .describe("x\ny"), .role(address: "e", .owner), .permission(.call, .admin), .timer([1]),
      .acceptTimer([]), .declineTimer([1, 2]), .picture(MediaTests.jpeg(9)),
      .admit(address: "f", linkID: Array(repeating: 4, count: 16)),
      .openLink(
        JoinLinkEntry(
          seed: Array(repeating: 5, count: 32), expires: Instant(milliseconds: 6), uses: 7,
          needsApproval: true)),
      .closeLink(Array(repeating: 8, count: 16)),
    ]
    for change in changes {
      #expect(try RoomChange(decoding: change.encoded) == change)
      #expect(throws: DecodingFailure.trailingBytes) {
        try RoomChange(decoding: change.encoded + [0])
      }
      for length in change.encoded.indices {
        #expect(throws: DecodingFailure.self) {
          try RoomChange(decoding: Array(change.encoded.prefix(length)))
        }
      }
    }
    #expect(Set(changes.map { $0.encoded[1] }).count == changes.count)
    #expect(try RoomChange(decoding: RoomChange.picture([]).encoded) == .picture([]))
    for bytes in [[2, 1], [1, 0], [1, 99], [1, 8, 6, 0], [1, 7, 0, 3]] as [[UInt8]] {
      #expect(throws: DecodingFailure.self) { try RoomChange(decoding: bytes) }
    }
  }

  @Test func otherReferencesAreNone() {
    let good = "group-" + String(repeating: "0a", count: 16) + ".x.example"
    #expect(RoomReference(good)?.description == good)
    for text in [
      "", "alice@x.example", "group-", String(good.dropLast()) + "E", good.uppercased(),
      "group-" + String(repeating: "0A", count: 16) + ".x.example",
      "group-" + String(repeating: "0a", count: 15) + ".x.example",
      "group-" + String(repeating: "0a", count: 16) + "x.example", " " + good, good + " ",
    ] {
      #expect(RoomReference(text) == nil, "\(text)")
    }
  }
}
