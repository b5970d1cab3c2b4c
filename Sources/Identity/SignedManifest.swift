// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A manifest with signatures that nobody has checked. It gives out nothing to be relied on:
/// `verified` makes the type that does.
///
/// ```
/// struct {
///   Manifest manifest;
///   uint8 sig_dsk[64];
///   select (manifest.reason) {
///     case aik_rotate: uint8 sig_old_aik[64];
///     case recover: uint8 sig_recovery[64];
///   };
/// } SignedManifest;
/// ```
public struct SignedManifest: WireValue, Hashable {
  /// The longest encoding, in bytes: all devices, all revoked numbers and a twin key.
  public static let lengthMax = 12_288

  /// What is claimed.
  package let manifest: Manifest
  let signature: Signature
  let endorsement: Signature?

  init(manifest: Manifest, signature: Signature, endorsement: Signature?) {
    self.manifest = manifest
    self.signature = signature
    self.endorsement = endorsement
  }

  /// Takes the structure above.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    manifest = try Manifest(from: &input)
    signature = try Signature(from: &input)
    endorsement =
      manifest.reason.endorsementLabel == nil ? nil : try Signature(from: &input)
  }

  /// Appends the structure above.
  public func encode(to output: inout ByteWriter) {
    output.write(manifest)
    output.write(signature)
    if let endorsement { output.write(endorsement) }
  }

  /// The account that the manifest claims, to look up what is known about it.
  public var claimedAccountID: AccountID { manifest.accountID }

  /// The number that the manifest claims.
  public var claimedVersion: UInt32 { manifest.version }

  /// The SHA-256 of the encoding, which the next manifest names.
  public var hash: Fingerprint { Fingerprint(hashing: encoded) }
}

/// A manifest that holds: its keys certify each other, and it follows what was known before.
public struct VerifiedManifest: Hashable, Sendable {
  /// The manifest with its signatures, for storage and for others.
  public let signed: SignedManifest
  /// The SHA-256 of `signed`.
  public let hash: Fingerprint

  /// What the account says.
  public var manifest: Manifest { signed.manifest }
  /// The account.
  public var accountID: AccountID { manifest.accountID }
  /// The account identity key.
  public var aik: SignaturePublicKey { manifest.aik }
  /// The number of the manifest.
  public var version: UInt32 { manifest.version }

  /// Only the checks of `SignedManifest` make one.
  fileprivate init(checked signed: SignedManifest) {
    self.signed = signed
    hash = signed.hash
  }

  /// The entry of a device that counts at `now`.
  ///
  /// - Throws: `deviceRevoked`, `deviceUnknown`, `deviceExpired`.
  public func liveDevice(_ id: DeviceID, at now: Instant) throws(IdentityFailure) -> Device {
    if manifest.revoked.contains(id) { throw .deviceRevoked }
    guard let device = manifest.device(id) else { throw .deviceUnknown }
    guard now < device.expires else { throw .deviceExpired }
    return device
  }
}

extension SignedManifest {
  /// Checks the manifest that begins an account.
  ///
  /// - Throws: an `IdentityFailure`; `versionNotNext` and `previousHashMismatch` when it is not the
  ///   first of its account.
  public consuming func verifiedAsFirst() throws(IdentityFailure) -> VerifiedManifest {
    guard manifest.version == Manifest.firstVersion else { throw .versionNotNext }
    guard manifest.previousHash == .zero else { throw .previousHashMismatch }
    return try verifiedAlone()
  }

  /// Checks a manifest of an account that nothing is known about, as at first contact: what it says
  /// is consistent and signed by the keys it names. The caller pins the account key.
  ///
  /// - Throws: an `IdentityFailure`; `accountMismatch` when it belongs to another account.
  public consuming func verifiedAtFirstContact(
    of account: AccountID
  ) throws(IdentityFailure) -> VerifiedManifest {
    guard manifest.accountID == account else { throw .accountMismatch }
    return try verifiedAlone()
  }

  /// Checks a manifest whose account key is pinned, while the manifests before it are not at hand.
  ///
  /// - Throws: an `IdentityFailure`; `accountKeyChanged` when it has another account key.
  public consuming func verified(
    account: AccountID, pinned aik: SignaturePublicKey
  ) throws(IdentityFailure) -> VerifiedManifest {
    guard manifest.accountID == account else { throw .accountMismatch }
    guard manifest.aik == aik else { throw .accountKeyChanged }
    return try verifiedAlone()
  }

  /// Checks a manifest against the one before it. A manifest with another account key passes only
  /// when the old key signed the change; the caller compares `aik` with its pin.
  ///
  /// - Throws: an `IdentityFailure`.
  public consuming func verified(
    after previous: VerifiedManifest
  ) throws(IdentityFailure) -> VerifiedManifest {
    try ManifestChain(previous: previous.manifest, next: manifest).check(
      previousHash: previous.hash)
    if let label = manifest.reason.endorsementLabel {
      guard let endorsement else { throw .endorsementMismatch }
      try previous.aik.verify(endorsement, of: manifest.encoded, label: label)
    }
    return try verifiedAlone()
  }

  /// What holds for a manifest whatever came before it.
  private func verifiedAlone() throws(IdentityFailure) -> VerifiedManifest {
    guard manifest.aikTwin.isEmpty else { throw .postQuantumTwinUnsupported }
    guard (endorsement == nil) == (manifest.reason.endorsementLabel == nil) else {
      throw .endorsementMismatch
    }
    try checkShape()
    try manifest.dsk.verify(account: manifest.accountID, aik: manifest.aik)
    try manifest.dsk.key.verify(signature, of: manifest.encoded, label: .manifest)
    // A recovered account keeps its key, so its endorsement can be checked with no history.
    if manifest.reason == .recover, let endorsement {
      try manifest.aik.verify(endorsement, of: manifest.encoded, label: .recovery)
    }
    for device in manifest.devices {
      let content = Device.selfSignedContent(
        account: manifest.accountID, aik: manifest.aik, dsk: manifest.dsk.key, id: device.id)
      try device.signatureKey.verify(device.selfSignature, of: content, label: .device)
    }
    return VerifiedManifest(checked: self)
  }

  /// What holds for the content alone.
  private func checkShape() throws(IdentityFailure) {
    let isFirst = manifest.version == Manifest.firstVersion
    guard (manifest.reason == .create) == isFirst else { throw .reasonContradicted }
    guard manifest.devices.isEmpty == (manifest.reason == .delete) else {
      throw .reasonContradicted
    }
    if isFirst {
      guard manifest.previousHash == .zero else { throw .previousHashMismatch }
      guard manifest.revoked.isEmpty else { throw .reasonContradicted }
    }
    let revoked = Set(manifest.revoked)
    guard !manifest.devices.contains(where: { revoked.contains($0.id) }) else {
      throw .deviceIDReused
    }
    guard Set(manifest.devices.map(\.signatureKey)).count == manifest.devices.count else {
      throw .deviceKeyReused
    }
  }
}

extension VerifiedManifest {
  /// Goes through the manifests that came after this one, oldest first, and gives the newest.
  ///
  /// - Throws: an `IdentityFailure` of the first that does not hold.
  public func advanced(
    through successors: [SignedManifest]
  ) throws(IdentityFailure) -> VerifiedManifest {
    var newest = self
    for successor in successors { newest = try successor.verified(after: newest) }
    return newest
  }
}
