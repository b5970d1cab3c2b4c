// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore
@testable import MLS

/// What two devices say to each other while one is linked, byte by byte.
@Suite struct LinkMessageTests {
  private static func fixture() throws -> (LinkOffer, LinkHello, LinkAccount, LinkProof) {
    var entropy = SeededGenerator(seed: 11)
    let secrets = AccountSecrets(address: try Address("alice@x.example"), using: &entropy)
    let keys = try ProductGroup.suite.generateHPKEKeyPair(using: &entropy)
    let signing = SigningKey(using: &entropy)
    let nonce = entropy.bytes(32)
    let hello = LinkHello(
      encryptionKey: keys.publicKey, signatureKey: signing.publicKey,
      commitment: Fingerprint(hashing: nonce))
    let account = LinkAccount(
      nonce: Fingerprint(hashing: [1]), accountID: secrets.accountID, address: secrets.address,
      aik: secrets.aik.publicKey, dsk: secrets.dsk.publicKey, deviceID: DeviceID(rawValue: 2))
    let proof = LinkProof(
      nonce: nonce,
      selfSignature: DeviceSecrets(deviceID: DeviceID(rawValue: 2), key: signing).selfSignature(
        account: secrets.accountID, aik: secrets.aik.publicKey, dsk: secrets.dsk.publicKey))
    let offer = LinkOffer(
      logID: entropy.bytes(32), helloHash: Fingerprint(hashing: hello.encoded),
      key: Secret(count: 32, using: &entropy))
    return (offer, hello, account, proof)
  }

  private func readsBack<Message: WireValue & Equatable>(_ message: Message) throws {
    let bytes = message.encoded
    #expect(try Message(decoding: bytes) == message)
    #expect(throws: DecodingFailure.trailingBytes) { try Message(decoding: bytes + [0]) }
    #expect(throws: DecodingFailure.self) { try Message(decoding: [9] + bytes.dropFirst()) }
    for length in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: DecodingFailure.self) { try Message(decoding: Array(bytes.prefix(length))) }
    }
  }

  @Test func messagesReadBack() throws {
    let (_, hello, account, proof) = try Self.fixture()
    try readsBack(hello)
    try readsBack(account)
    try readsBack(proof)
  }

  @Test func offersReadBackAndOthersAreNone() throws {
    let (offer, _, _, _) = try Self.fixture()
    #expect(LinkOffer(offer.text) == offer)
    let parts = offer.text.split(separator: ".")
    for text in [
      "", offer.text + ".x", String(offer.text.dropLast()), offer.text.uppercased(),
      offer.text.replacing("v1", with: "v2"), "sotto-link:v1.\(parts[2]).\(parts[3])",
      offer.text + "=", " " + offer.text,
    ] {
      #expect(LinkOffer(text) == nil, "\(text.count)")
    }
  }

  /// A message opens under its own step and offer alone.
  @Test func sealsAreBound() throws {
    let (offer, hello, _, _) = try Self.fixture()
    var entropy = SeededGenerator(seed: 12)
    let body = try offer.seal(hello, .hello, using: &entropy)
    let opened: LinkHello? = offer.open(body, .hello)
    #expect(opened == hello)
    let asOther: LinkHello? = offer.open(body, .proof)
    #expect(asOther == nil)
    let elsewhere = LinkOffer(
      logID: Array(repeating: 1, count: 32), helloHash: offer.helloHash, key: offer.key)
    let there: LinkHello? = elsewhere.open(body, .hello)
    #expect(there == nil)
    let cut: LinkHello? = offer.open(Array(body.prefix(12)), .hello)
    #expect(cut == nil)
  }

  /// The code depends on all that was said.
  @Test func codesDiffer() throws {
    let (offer, hello, account, proof) = try Self.fixture()
    let code = offer.code(hello, account, proof)
    #expect(code.count == 6 && code.allSatisfy(\.isNumber))
    #expect(offer.code(hello, account, proof) == code)
    let otherProof = LinkProof(
      nonce: Array(repeating: 7, count: 32), selfSignature: proof.selfSignature)
    let otherAccount = LinkAccount(
      nonce: Fingerprint(hashing: [2]), accountID: account.accountID, address: account.address,
      aik: account.aik, dsk: account.dsk, deviceID: account.deviceID)
    #expect(offer.code(hello, account, otherProof) != code)
    #expect(offer.code(hello, otherAccount, proof) != code)
  }

  /// What a linked device stores holds no account key, and is checked when it is read.
  @Test func signersReadBack() throws {
    var entropy = SeededGenerator(seed: 13)
    let secrets = AccountSecrets(address: try Address("alice@x.example"), using: &entropy)
    let stored = secrets.signer.encodedForStore.copyBytes()
    let signer = try DeviceSigner(decoding: Secret(stored))
    #expect(signer.accountID == secrets.accountID && signer.aik == secrets.aik.publicKey)
    let seed = secrets.aik.seed.copyBytes()
    #expect(!stored.indices.dropLast(31).contains { stored[$0..<$0 + 32].elementsEqual(seed) })
    for length in stored.indices {
      #expect(throws: DecodingFailure.self) {
        try DeviceSigner(decoding: Secret(Array(stored.prefix(length))))
      }
    }
    #expect(throws: DecodingFailure.trailingBytes) {
      try DeviceSigner(decoding: Secret(stored + [0]))
    }
    #expect(throws: DecodingFailure.invalidValue(field: "device signer format")) {
      try DeviceSigner(decoding: Secret([2] + stored.dropFirst()))
    }
    var forged = stored
    forged[stored.count - 1] ^= 1
    #expect(throws: DecodingFailure.invalidValue(field: "device signer signature")) {
      try DeviceSigner(decoding: Secret(forged))
    }
  }
}
