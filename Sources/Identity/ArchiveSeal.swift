// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What proves whose an export is: the device's signature over its manifest, and the chain from the
/// account key to the device key (export.md). Nothing of it is checked before `verified`.
///
/// ```
/// struct {
///   uint8 ver = 1;
///   opaque certificate<V>;
///   opaque manifest<V>;
///   uint8 signature[64];
/// } ArchiveSeal;
/// ```
public struct ArchiveSeal: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1

  private let certificate: DeviceCertificate
  private let manifest: SignedManifest
  private let signature: Signature

  /// Signs the SHA-256 of an export's manifest.
  public init(
    hash: [UInt8], certificate: DeviceCertificate, manifest: SignedManifest,
    by device: DeviceSecrets
  ) {
    self.certificate = certificate
    self.manifest = manifest
    signature = device.key.sign(hash, label: .archive)
  }

  /// Takes the structure above.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "export seal format")
    }
    certificate = try DeviceCertificate(decoding: try input.readVector())
    manifest = try SignedManifest(decoding: try input.readVector())
    signature = try Signature(from: &input)
  }

  /// Appends the structure above.
  public func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(vector: certificate.encoded)
    output.write(vector: manifest.encoded)
    output.write(signature)
  }

  /// Checks the whole chain: the account key stands behind the device-signing key, that one behind
  /// the device and the list of devices, the list has the device, and the device signed.
  ///
  /// - Throws: what of it does not hold.
  public func verified(hash: [UInt8]) throws(IdentityFailure) -> VerifiedDeviceCertificate {
    let checked = try certificate.verified()
    let list = try manifest.verified(account: checked.accountID, pinned: checked.aik)
    guard let device = list.manifest.devices.first(where: { $0.id == checked.deviceID }) else {
      throw .deviceUnknown
    }
    guard device.signatureKey == checked.signatureKey else { throw .deviceKeyMismatch }
    try checked.signatureKey.verify(signature, of: hash, label: .archive)
    return checked
  }
}
