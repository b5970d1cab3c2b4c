// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

extension StoreTransaction {
  /// Makes an account. The same first manifest again is answered the same, whatever came after it.
  mutating func register(
    _ address: Address, _ manifest: VerifiedManifest
  ) throws(StoreFailure) -> StoreAnswer {
    if let account = try account(address) {
      return account.firstHash == manifest.hash ? .done : .refused(.alreadyExists)
    }
    let account = try insertAccount(
      address, manifest: manifest.signed.encoded, hash: manifest.hash)
    for device in manifest.manifest.devices { try insertDevice(device.id, of: account) }
    return .done
  }

  /// Replaces the manifest that the successor was checked against. Devices that it no longer lists
  /// lose their key packages and their inbox with it.
  mutating func publish(
    _ manifest: VerifiedManifest, of address: Address, replacing: Fingerprint
  ) throws(StoreFailure) -> StoreAnswer {
    guard let account = try account(address) else { return .refused(.notFound) }
    if account.manifestHash == manifest.hash { return .done }
    guard account.manifestHash == replacing else { return .refused(.manifestConflict) }
    try replaceManifest(of: account.id, by: manifest.signed.encoded, hash: manifest.hash)
    let present = try devices(of: account.id)
    for device in present where manifest.manifest.device(device.deviceID) == nil {
      try deleteDevice(device.id)
    }
    for device in manifest.manifest.devices
    where !present.contains(where: { old in old.deviceID == device.id }) {
      try insertDevice(device.id, of: account.id)
    }
    return .done
  }
}

extension StoreReading {
  func readManifest(of address: Address) throws(StoreFailure) -> ReadAnswer {
    guard let account = try account(address) else { return .refused(.notFound) }
    return .manifest(try account.signedManifest)
  }
}

extension AccountRow {
  /// The newest manifest, which was verified before it was stored.
  var signedManifest: SignedManifest {
    get throws(StoreFailure) {
      do {
        return try SignedManifest(decoding: manifest)
      } catch {
        throw .corrupt
      }
    }
  }
}
