// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@Suite struct AddressTests {
  @Test(
    arguments: [
      "bob@example.org", "a-1@localhost", "a.b_c-d@a.b.c.example",
      "abcdefghijklmnopqrstuvwxyz012345@x.example", "abc@1.example",
    ])
  func acceptsAndKeepsTheText(text: String) throws {
    let address = try Address(text)
    #expect(address.description == text)
    #expect(try Address(decoding: address.encoded) == address)
    #expect(try Address(uri: address.uri) == address)
  }

  @Test(
    arguments: [
      ("", .form), ("alice", .form), ("alice@a@b", .form), ("@example.org", .handle),
      ("al@example.org", .handle), ("1alice@example.org", .handle), (".al@example.org", .handle),
      ("Alice@example.org", .handle), ("älice@example.org", .handle),
      ("ali ce@example.org", .handle), ("alice\u{301}@example.org", .handle),
      ("abcdefghijklmnopqrstuvwxyz0123456@x.example", .handle),
      ("alice@", .domain), ("alice@.example", .domain), ("alice@a..example", .domain),
      ("alice@example.", .domain), ("alice@-a.example", .domain), ("alice@a-.example", .domain),
      ("alice@Example.org", .domain), ("alice@exa_mple.org", .domain),
      ("alice@127.0.0.1", .domain), ("alice@example.org ", .domain),
      ("alice@ex\u{430}mple.org", .domain),
      ("alice@" + String(repeating: "a", count: 64) + ".example", .domain),
      ("alice@" + String(repeating: "abcdefg.", count: 32) + "x", .domain),
    ] as [(String, AddressFailure)])
  func refuses(text: String, failure: AddressFailure) {
    #expect(throws: failure) { try Address(text) }
  }

  @Test func uriIsThatOfTheService() throws {
    #expect(try Address("alice@messenger.example").uri == "mimi://messenger.example/u/alice")
  }

  @Test(
    arguments: [
      ("mimi:/messenger.example/u/alice", .form), ("im://messenger.example/u/alice", .form),
      ("mimi://messenger.example", .form), ("mimi://messenger.example/r/alice", .form),
      ("mimi://messenger.example/u/", .handle), ("mimi://messenger.example/u/alice/", .handle),
      ("mimi:///u/alice", .domain), ("mimi://a@messenger.example/u/alice", .domain),
      ("mimi://messenger.example:1/u/alice", .domain),
    ] as [(String, AddressFailure)])
  func refusesURI(text: String, failure: AddressFailure) {
    #expect(throws: failure) { try Address(uri: text) }
  }

  @Test func decoderRefusesBadTextAndLength() {
    #expect(throws: DecodingFailure.invalidValue(field: "address")) {
      try Address(decoding: [2, 0xff, 0xfe])
    }
    #expect(throws: DecodingFailure.limitExceeded) {
      var output = ByteWriter()
      output.write(vector: Array(repeating: 0x61, count: Address.lengthMax + 1))
      return try Address(decoding: output.bytes)
    }
    #expect(throws: DecodingFailure.invalidValue(field: "service domain")) {
      try ServiceDomain(decoding: [1, 0x2e])
    }
  }
}
