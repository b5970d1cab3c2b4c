// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@Suite struct SafetyNumberTests {
  // The expected values come from an independent computation with Python's hashlib.
  private func sides() throws -> (IdentityFingerprint, IdentityFingerprint) {
    let alice = IdentityFingerprint(
      accountID: try #require(AccountID(Array(100..<116))),
      aik: try #require(SignaturePublicKey(Array(0..<32))))
    let bob = IdentityFingerprint(
      accountID: try #require(AccountID(Array(200..<216))),
      aik: try #require(SignaturePublicKey(Array(32..<64))))
    return (alice, bob)
  }

  @Test func fingerprintIsTheIteratedHash() throws {
    let (alice, bob) = try sides()
    #expect(
      alice.bytes.description
        == "2fe35bc879a539d373a49c0738615af276334e1a107dfba36123c9f6d3b6e8de")
    #expect(alice.digits == "060416285233626594502009751830")
    #expect(
      bob.bytes.description
        == "c743d7a8f134b3858ba57c304d8db2457c72b7727bd5359e748da1c8d1f3c6bf")
    #expect(bob.digits == "988657309333618362743838881459")
  }

  @Test func bothSidesSeeTheSameDigits() throws {
    let (alice, bob) = try sides()
    let digits = SafetyNumber(own: alice, peer: bob).digits
    #expect(digits == "060416285233626594502009751830988657309333618362743838881459")
    #expect(SafetyNumber(own: bob, peer: alice).digits == digits)
    #expect(
      SafetyNumber(own: bob, peer: alice).description
        == "06041 62852 33626 59450 20097 51830 98865 73093 33618 36274 38388 81459")
  }

  @Test func numberDependsOnKeyAndAccount() throws {
    let (alice, _) = try sides()
    let account = try #require(AccountID(Array(100..<116)))
    let otherAccount = try #require(AccountID(Array(101..<117)))
    let key = try #require(SignaturePublicKey(Array(0..<32)))
    let otherKey = try #require(SignaturePublicKey(Array(1..<33)))
    #expect(IdentityFingerprint(accountID: account, aik: key) == alice)
    #expect(IdentityFingerprint(accountID: otherAccount, aik: key).bytes != alice.bytes)
    #expect(IdentityFingerprint(accountID: account, aik: otherKey).bytes != alice.bytes)
  }

  @Test func codeIsComparedCrosswise() throws {
    let (alice, bob) = try sides()
    let own = SafetyCode(number: SafetyNumber(own: alice, peer: bob))
    let peers = SafetyCode(number: SafetyNumber(own: bob, peer: alice))
    #expect(own.encoded.count == 145)
    #expect(try SafetyCode(decoding: own.encoded) == own)
    #expect(own.compare(scanned: peers) == .match)
    #expect(own.compare(scanned: own) == .otherAccounts)
    // Somebody between shows each side a key of their own for the other.
    let forgedKey = try #require(SignaturePublicKey(Array(64..<96)))
    let forged = IdentityFingerprint(accountID: alice.accountID, aik: forgedKey)
    let deceived = SafetyCode(number: SafetyNumber(own: bob, peer: forged))
    #expect(own.compare(scanned: deceived) == .mismatch)
    let impostor = IdentityFingerprint(accountID: bob.accountID, aik: forgedKey)
    let replaced = SafetyCode(number: SafetyNumber(own: impostor, peer: alice))
    #expect(own.compare(scanned: replaced) == .mismatch)
  }

  @Test func codeHasAText() throws {
    let (alice, bob) = try sides()
    let code = SafetyCode(number: SafetyNumber(own: alice, peer: bob))
    #expect(code.text.hasPrefix("sotto-safety:"))
    #expect(code.text.utf8.count == 207)
    #expect(try SafetyCode(text: code.text) == code)
    let body = String(code.text.dropFirst(13))
    // The last character carries two bits of nothing, which are zero.
    let bodies: [String] = [
      "", String(body.dropLast()), "\(body)A", "\(body.dropLast())B", "\(body.dropLast(2))=A",
      "\(body.dropLast(3))éA",
    ]
    var wrongs: [String] = bodies.map { "sotto-safety:\($0)" }
    wrongs += ["", body, "SOTTO-safety:\(body)", " sotto-safety:\(body.dropLast())"]
    for wrong in wrongs {
      #expect(throws: DecodingFailure.invalidValue(field: "safety code text")) {
        try SafetyCode(text: wrong)
      }
    }
    let otherFormat = "sotto-safety:BA\(body.dropFirst(2))"
    #expect(throws: DecodingFailure.invalidValue(field: "safety code format")) {
      try SafetyCode(text: otherFormat)
    }
  }

  @Test func codeCarriesAPointOfTheLog() throws {
    let (alice, bob) = try sides()
    let point = try #require(
      SafetyCode.LogPoint(
        configuration: Array(1...8), size: 0x0102_0304_0506_0708,
        root: Fingerprint(hashing: [1])))
    let code = SafetyCode(number: SafetyNumber(own: alice, peer: bob), logPoint: point)
    #expect(try SafetyCode(decoding: code.encoded).logPoint == point)
    #expect(SafetyCode.LogPoint(configuration: [1], size: 0, root: .zero) == nil)
    for length in 0..<code.encoded.count {
      #expect(throws: DecodingFailure.truncated) {
        try SafetyCode(decoding: Array(code.encoded[..<length]))
      }
    }
    #expect(throws: DecodingFailure.invalidValue(field: "safety code format")) {
      try SafetyCode(decoding: [2] + code.encoded.dropFirst())
    }
  }
}
