// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@Suite struct SecretsTests {
  @Test func accountComesBackFromItsStoredForm() throws {
    let fixture = try IdentityFixture()
    let stored = fixture.account.encodedForStore
    #expect(Hex.encode(stored.copyBytes()) == FrozenIdentity.accountSecrets)
    let account = try AccountSecrets(decoding: stored)
    #expect(account.accountID == fixture.account.accountID)
    #expect(account.address == fixture.account.address)
    #expect(account.aik.publicKey == fixture.account.aik.publicKey)
    #expect(account.dsk.publicKey == fixture.account.dsk.publicKey)
    #expect(account.dskEpoch == 1)
    #expect(
      account.firstManifest(device: fixture.first, at: fixture.now) == fixture.firstManifest)
  }

  @Test func deviceComesBackFromItsStoredForm() throws {
    let fixture = try IdentityFixture()
    let stored = fixture.first.encodedForStore
    #expect(Hex.encode(stored.copyBytes()) == FrozenIdentity.deviceSecrets)
    let device = try DeviceSecrets(decoding: stored)
    #expect(device.deviceID == fixture.first.deviceID)
    #expect(device.key.publicKey == fixture.first.key.publicKey)
  }

  @Test func everyPrefixIsRefused() throws {
    let fixture = try IdentityFixture()
    let account = fixture.account.encodedForStore.copyBytes()
    for length in 0..<account.count {
      #expect(throws: DecodingFailure.truncated) {
        try AccountSecrets(decoding: Secret(Array(account[..<length])))
      }
    }
    let device = fixture.first.encodedForStore.copyBytes()
    for length in 0..<device.count {
      #expect(throws: DecodingFailure.truncated) {
        try DeviceSecrets(decoding: Secret(Array(device[..<length])))
      }
    }
    #expect(throws: DecodingFailure.trailingBytes) {
      try AccountSecrets(decoding: Secret(account + [0]))
    }
    #expect(throws: DecodingFailure.trailingBytes) {
      try DeviceSecrets(decoding: Secret(device + [0]))
    }
    #expect(throws: DecodingFailure.invalidValue(field: "account format")) {
      try AccountSecrets(decoding: Secret([9] + account.dropFirst()))
    }
    #expect(throws: DecodingFailure.invalidValue(field: "device format")) {
      try DeviceSecrets(decoding: Secret([9] + device.dropFirst()))
    }
  }

  @Test func secretsDoNotPrintThemselves() throws {
    let fixture = try IdentityFixture()
    let seeds = [fixture.account.aik, fixture.account.dsk, fixture.first.key]
    for text in [
      String(describing: fixture.account), String(reflecting: fixture.account),
      String(describing: fixture.first), String(reflecting: fixture.first),
    ] {
      for key in seeds {
        let seed = key.seed.copyBytes()
        #expect(!text.contains(Hex.encode(seed)))
        #expect(!text.contains(seed.map(String.init).joined(separator: ", ")))
      }
    }
  }

  @Test func refreshBringsBackItsMakerAndNoOtherLapsedDevice() throws {
    var fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    let second = fixture.newDevice(2)
    let both = try fixture.successor(
      of: create, .add, devices: create.manifest.devices + [fixture.entry(second)]
    ).verified(after: create)
    let late = fixture.now + Device.validity
    #expect(throws: IdentityFailure.deviceExpired) {
      try both.liveDevice(DeviceSecrets.firstID, at: late)
    }
    let refreshed = try fixture.account.refreshedManifest(
      after: both, by: DeviceSecrets.firstID, at: late
    ).verified(after: both)
    let device = try refreshed.liveDevice(DeviceSecrets.firstID, at: late)
    #expect(device.expires == late + Device.validity)
    #expect(throws: IdentityFailure.deviceExpired) {
      try refreshed.liveDevice(second.deviceID, at: late)
    }
  }

  @Test func refreshSurvivesAClockThatWentBack() throws {
    let fixture = try IdentityFixture()
    let create = try fixture.verifiedFirst()
    let early = fixture.now + .seconds(-3600)
    let refreshed = try fixture.account.refreshedManifest(
      after: create, by: DeviceSecrets.firstID, at: early
    ).verified(after: create)
    #expect(refreshed.manifest.time == fixture.now)
    #expect(refreshed.manifest.devices[0].expires == fixture.now + Device.validity)
  }
}
