// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// A device that was taken out has known the device-signing key. The device with the account key
/// draws another one, hands it to the others by the group of the own devices, collects the
/// signatures of their entries, and publishes the manifest (linking.md, the signing key).
extension ClientStep {
  private static var drawnKey: String { "signer.drawn" }
  private static var coveredKey: String { "signer.covered" }
  private static var heldKey: String { "signer.held" }

  /// Goes on with the round, as far as this device is concerned. What is stored says where it is.
  mutating func pumpRenewal() throws(ClientStoreFailure) {
    guard state.wantsRenewal || state.allDirty else { return }
    guard let device = state.device, let account = device.account,
      let current = state.manifests[device.address.description],
      current.manifest.device(device.device.deviceID) != nil,
      try coveredCount() < current.manifest.revoked.count
    else {
      state.wantsRenewal = false
      return
    }
    // The inbox, or the answer to another manifest, brings this here again.
    state.wantsRenewal = true
    guard state.inbox.phase == .ready, try mayPublish(after: current) else { return }
    state.wantsRenewal = false
    let others = current.manifest.devices.filter { $0.id != device.device.deviceID }
    if !others.isEmpty, try !isOwnGroupOnly(of: current.manifest) { return }
    let next = try drawnSigner(of: account, after: current)
    var signatures = [
      device.device.deviceID: device.device.selfSignature(
        account: device.accountID, aik: next.aik, dsk: next.dsk.publicKey)
    ]
    if !others.isEmpty { try share(SharedSigner(next, isPublished: false)) }
    for entry in others {
      guard let signature = try renewal(of: entry, under: next) else { return }
      signatures[entry.id] = signature
    }
    guard
      let manifest = try? next.manifest(renewing: current, signatures: signatures, at: now)
    else { return }
    try publish(manifest)
  }

  /// How many devices were gone when the present key was drawn.
  private func coveredCount() throws(ClientStoreFailure) -> Int {
    let value = try transaction.setting(key: Self.coveredKey)?.value ?? []
    return value.reduce(0) { $0 << 8 | Int($1) }
  }

  /// Whether the own devices' group has nobody in it who is not in the account: what is said there
  /// next reaches no device that is gone.
  private mutating func isOwnGroupOnly(
    of manifest: Manifest
  ) throws(ClientStoreFailure) -> Bool {
    guard let address = state.device?.address.description,
      let conversation = try transaction.conversation(address: address),
      conversation.phase == .open, let row = try sendingGroup(of: conversation)
    else { return false }
    return try group(row).roomMembers.allSatisfy { manifest.device($0.deviceID) != nil }
  }

  // MARK: The key

  /// One is drawn for each number of devices that are gone: who went meanwhile has been told of the
  /// one before.
  private mutating func drawnSigner(
    of account: AccountSecrets, after current: VerifiedManifest
  ) throws(ClientStoreFailure) -> DeviceSigner {
    let revoked = UInt32(clamping: current.manifest.revoked.count)
    let known = try drawn()
    if let known, known.revoked == revoked,
      known.signer.binding.epoch > current.manifest.dsk.epoch
    {
      return known.signer
    }
    let last = max(known?.signer.binding.epoch ?? 0, current.manifest.dsk.epoch)
    let next = account.renewed(SigningKey(using: &entropy), epoch: last &+ 1).signer
    var output = ByteWriter()
    output.write(revoked)
    output.write(raw: next.encodedForStore.copyBytes())
    try transaction.put(SettingRow(key: Self.drawnKey, value: output.bytes))
    return next
  }

  /// What the device with the account key has drawn, and how many devices were gone then.
  ///
  /// ```
  /// struct { uint32 revoked; DeviceSigner signer; } Drawn;
  /// ```
  private func drawn() throws(ClientStoreFailure) -> (revoked: UInt32, signer: DeviceSigner)? {
    let value = try transaction.setting(key: Self.drawnKey)?.value ?? []
    guard !value.isEmpty else { return nil }
    guard value.count > 4,
      let signer = try? DeviceSigner(decoding: Secret(Array(value.dropFirst(4))))
    else { throw .corrupt("setting") }
    return (value.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }, signer)
  }

  /// Another signing key was handed over: this device signs its entry for it, and keeps it until a
  /// manifest has it. If one has it already, that one is asked for.
  mutating func takeSigner(_ value: [UInt8]) throws(ClientStoreFailure) {
    guard let device = state.device, let shared = SharedSigner(value) else { return }
    let next = shared.signer
    guard next.accountID == device.accountID, next.address == device.address,
      next.aik == device.signer.aik, next.binding.epoch > device.signer.binding.epoch
    else { return }
    if shared.isPublished { wantManifest(of: device.address.description) }
    guard device.account == nil else { return }
    try hold(next.encodedForStore.copyBytes())
    let signature = device.device.selfSignature(
      account: next.accountID, aik: next.aik, dsk: next.dsk.publicKey)
    var output = ByteWriter()
    output.write(next.binding.epoch)
    output.write(raw: signature.bytes)
    try share(.renewal(ofDevice: device.device.deviceID.rawValue), output.bytes)
  }

  private mutating func share(_ signer: SharedSigner) throws(ClientStoreFailure) {
    try share(OwnKey(.signer, [UInt8]()), signer.encoded)
  }

  private mutating func hold(_ signer: [UInt8]) throws(ClientStoreFailure) {
    var held = ByteWriter()
    for other in try heldSigners().suffix(Self.heldMax - 1) where other != signer {
      held.write(vector: other)
    }
    held.write(vector: signer)
    try transaction.put(SettingRow(key: Self.heldKey, value: held.bytes))
  }

  /// Keys that this device was handed and that no manifest of its knowledge has: the next one may
  /// come before the manifest of the one before.
  private static var heldMax: Int { 4 }

  private func heldSigners() throws(ClientStoreFailure) -> [[UInt8]] {
    let value = try transaction.setting(key: Self.heldKey)?.value ?? []
    var input = value.span
    var signers: [[UInt8]] = []
    do {
      while !input.isEmpty { signers.append(try input.readVector()) }
    } catch {
      throw .corrupt("setting")
    }
    return signers
  }

  /// Another device's signature of its entry, if it has made one for this key.
  private func renewal(
    of device: Device, under next: DeviceSigner
  ) throws(ClientStoreFailure) -> Signature? {
    let value = try shared(.renewal(ofDevice: device.id.rawValue))
    guard value.count == OwnKey.renewalLength,
      let signature = Signature(Array(value.dropFirst(4))),
      next.isSigned(device, by: signature)
    else { return nil }
    return signature
  }

  // MARK: The manifest

  /// This device under the signing key of a manifest of its account; `nil` when it does not have
  /// that key.
  func device(under manifest: Manifest) throws(ClientStoreFailure) -> LocalDevice? {
    guard let device = state.device else { return nil }
    if manifest.dsk.key == device.signer.dsk.publicKey { return device }
    // Another own device said it: it is a signer of this account, under the manifest's binding.
    let next = try signers().first { signer in
      signer.dsk.publicKey == manifest.dsk.key && signer.binding.epoch == manifest.dsk.epoch
        && signer.accountID == device.accountID && signer.address == device.address
        && signer.aik == device.signer.aik
    }
    guard let next else { return nil }
    if let account = device.account {
      return LocalDevice(
        account: account.renewed(next.dsk, epoch: next.binding.epoch), device: device.device,
        at: now)
    }
    let certificate = next.issueCertificate(
      deviceID: device.device.deviceID, key: device.device.key.publicKey,
      expires: now + LocalDevice.certificateValidity)
    return LocalDevice(signer: next, device: device.device, certificate: certificate)
  }

  /// All that this device has drawn or was handed.
  private func signers() throws(ClientStoreFailure) -> [DeviceSigner] {
    var signers = try heldSigners().compactMap { try? DeviceSigner(decoding: Secret($0)) }
    if let drawn = try drawn() { signers.append(drawn.signer) }
    if let shared = SharedSigner(try shared(OwnKey(.signer, [UInt8]()))) {
      signers.append(shared.signer)
    }
    return signers
  }

  /// A manifest of the own account holds from now on, and with it its signing key.
  mutating func adopt(
    _ device: LocalDevice, in account: inout AccountRow
  ) throws(ClientStoreFailure) {
    guard let before = state.device, before.signer.dsk.publicKey != device.signer.dsk.publicKey
    else { return }
    account.secrets = device.encodedForStore
    state.device = device
    guard device.account != nil else { return try dropHeld(upTo: device.signer.binding.epoch) }
    if let drawn = try drawn(), drawn.signer.binding.epoch <= device.signer.binding.epoch {
      var covered = ByteWriter()
      covered.write(drawn.revoked)
      try transaction.put(SettingRow(key: Self.coveredKey, value: covered.bytes))
      try transaction.put(SettingRow(key: Self.drawnKey, value: []))
    }
    try share(SharedSigner(device.signer, isPublished: true))
  }

  private mutating func dropHeld(upTo epoch: UInt32) throws(ClientStoreFailure) {
    var held = ByteWriter()
    for signer in try heldSigners() {
      guard let known = try? DeviceSigner(decoding: Secret(signer)), known.binding.epoch > epoch
      else { continue }
      held.write(vector: signer)
    }
    try transaction.put(SettingRow(key: Self.heldKey, value: held.bytes))
  }
}
