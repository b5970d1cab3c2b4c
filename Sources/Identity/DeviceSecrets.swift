// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The private key of one device. It never leaves the device; a restored device makes a new one.
public struct DeviceSecrets: Sendable {
  private static let formatVersion: UInt8 = 1

  /// The number of an account's first device.
  public static let firstID = DeviceID(rawValue: 1)

  /// The device's number in its account.
  public let deviceID: DeviceID
  /// The key with which the device signs in MLS and at login.
  public let key: SigningKey

  /// A new device with a new key, drawn from `generator`.
  public init(
    deviceID: DeviceID = firstID, using generator: inout some RandomNumberGenerator
  ) {
    self.deviceID = deviceID
    key = SigningKey(using: &generator)
  }

  /// Takes what `encodedForStore` gave.
  ///
  /// - Throws: a `DecodingFailure`.
  public init(decoding secret: Secret) throws(DecodingFailure) {
    var reader = SecretReader(secret)
    let format = try reader.readBytes(1)
    guard format == [Self.formatVersion] else { throw .invalidValue(field: "device format") }
    let id = try reader.readBytes(4)
    deviceID = try DeviceID(decoding: id)
    key = try reader.readSigningKey()
    guard try reader.readRest().isEmpty else { throw .trailingBytes }
  }

  /// The device's secrets in one piece, for the encrypted store.
  ///
  /// ```
  /// struct {
  ///   uint8 ver = 1;
  ///   uint32 device_id;
  ///   uint8 sig_seed[32];
  /// } DeviceSecrets;
  /// ```
  public var encodedForStore: Secret {
    Secret(joining: [Secret([Self.formatVersion] + deviceID.encoded), key.seed])
  }

  /// The device's entry in a manifest of `account`, signed by the device.
  package func entry(
    in account: AccountSecrets, added: Instant, expires: Instant, flags: DeviceFlags,
    approver: DeviceApprover
  ) -> Device {
    let content = Device.selfSignedContent(
      account: account.accountID, aik: account.aik.publicKey, dsk: account.dsk.publicKey,
      id: deviceID)
    return Device(
      id: deviceID, signatureKey: key.publicKey, added: added, expires: expires, flags: flags,
      approver: approver, selfSignature: key.sign(content, label: .device))
  }
}
