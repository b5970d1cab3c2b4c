// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

extension StoreTransaction {
  /// Adds key packages. One that is there, or was taken a short time ago, is not added again: an
  /// upload that is repeated must not make a one-time key package be given out twice.
  mutating func upload(_ upload: KeyPackageUpload) throws(StoreFailure) -> StoreAnswer {
    guard let device = try device(upload.device) else { return .refused(.notADevice) }
    var fresh: [(body: [UInt8], hash: Fingerprint)] = []
    for body in upload.oneTime {
      let hash = Fingerprint(hashing: body)
      if try isKnownKeyPackage(hash, of: device.id) { continue }
      if fresh.contains(where: { other in other.hash == hash }) { continue }
      fresh.append((body, hash))
    }
    let count = try keyPackageCount(of: device.id)
    guard count + fresh.count <= ServerLimits.oneTimeKeyPackagesMax else {
      return .refused(.quotaExceeded)
    }
    for (body, hash) in fresh { try insertKeyPackage(body, hash: hash, of: device.id) }
    if let lastResort = upload.lastResort { try setLastResort(lastResort, of: device.id) }
    return .done
  }

  /// Takes one key package of each device: the oldest one-time one, which is then gone, or the
  /// last-resort one, which stays (RFC 9750 §5.1).
  mutating func takeKeyPackages(
    of address: Address, at now: Instant
  ) throws(StoreFailure) -> StoreAnswer {
    guard let account = try account(address) else { return .refused(.notFound) }
    let manifest = try account.signedManifest
    var packages: [TakenKeyPackages.Package] = []
    for device in try devices(of: account.id) {
      if let (body, hash) = try takeKeyPackage(of: device.id) {
        try rememberSpentKeyPackage(
          hash, of: device.id, until: now + ServerLimits.spentKeyPackageRetention)
        packages.append(.init(deviceID: device.deviceID, body: body, isLastResort: false))
      } else if let body = try lastResort(of: device.id) {
        packages.append(.init(deviceID: device.deviceID, body: body, isLastResort: true))
      }
    }
    return .keyPackages(TakenKeyPackages(manifest: manifest, packages: packages))
  }
}

extension StoreReading {
  func readKeyPackageCount(of key: DeviceKey) throws(StoreFailure) -> ReadAnswer {
    guard let device = try device(key) else { return .refused(.notADevice) }
    return .keyPackageCount(
      oneTime: try keyPackageCount(of: device.id),
      hasLastResort: try lastResort(of: device.id) != nil)
  }
}
