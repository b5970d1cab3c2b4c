// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@Suite struct LoginChallengeTests {
  @Test func answerCountsForItsChallengeAlone() throws {
    var fixture = try IdentityFixture()
    let device = fixture.first
    let domain = try ServiceDomain("messenger.example")
    let nonce = LoginChallenge.Nonce(using: &fixture.generator)
    let otherNonce = LoginChallenge.Nonce(using: &fixture.generator)
    let key = device.key.publicKey
    func challenge(
      domain: ServiceDomain? = nil, endpoint: String = "/v1/inbox",
      nonce chosen: LoginChallenge.Nonce? = nil, address: Address? = nil, device number: UInt32 = 1
    ) throws -> LoginChallenge {
      LoginChallenge(
        domain: try domain ?? ServiceDomain("messenger.example"), endpoint: endpoint,
        nonce: chosen ?? nonce, address: address ?? fixture.account.address,
        deviceID: DeviceID(rawValue: number))
    }
    let signature = try challenge(domain: domain).signed(by: device)
    try challenge().verify(signature, by: key)
    let others = [
      try challenge(domain: ServiceDomain("instagram.example")),
      try challenge(endpoint: "/v1/logs"), try challenge(nonce: otherNonce),
      try challenge(address: Address("bob@messenger.example")), try challenge(device: 2),
    ]
    for other in others {
      #expect(throws: IdentityFailure.signatureInvalid(.login)) {
        try other.verify(signature, by: key)
      }
    }
    let stranger = SigningKey(using: &fixture.generator).publicKey
    #expect(throws: IdentityFailure.signatureInvalid(.login)) {
      try challenge().verify(signature, by: stranger)
    }
    for bit in 0..<Signature.byteCount * 8 {
      let flipped = try #require(Signature(signature.bytes.flipping(bit: bit)))
      #expect(throws: IdentityFailure.signatureInvalid(.login)) {
        try challenge().verify(flipped, by: key)
      }
    }
  }

  @Test func fieldsDoNotRunIntoEachOther() throws {
    let fixture = try IdentityFixture()
    let nonce = try #require(LoginChallenge.Nonce(Array(repeating: 7, count: 32)))
    func challenge(_ domain: String, _ endpoint: String) throws -> LoginChallenge {
      LoginChallenge(
        domain: try ServiceDomain(domain), endpoint: endpoint, nonce: nonce,
        address: fixture.account.address, deviceID: DeviceSecrets.firstID)
    }
    let signature = try challenge("a.example", "x").signed(by: fixture.first)
    #expect(throws: IdentityFailure.signatureInvalid(.login)) {
      try challenge("a.exampl", "ex").verify(signature, by: fixture.first.key.publicKey)
    }
    #expect(LoginChallenge.Nonce([1, 2, 3]) == nil)
  }
}
