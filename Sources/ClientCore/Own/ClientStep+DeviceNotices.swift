// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// What programs are told of the other devices of the account, by the names that these alone know.
extension ClientStep {
  /// Which devices have come and gone between two manifests of the own account.
  mutating func tellDevices(
    from before: Manifest, to after: Manifest
  ) throws(ClientStoreFailure) {
    for entry in after.devices where before.device(entry.id) == nil {
      try tell(.linked, entry.id)
    }
    for entry in before.devices where after.device(entry.id) == nil {
      try tell(.removed, entry.id)
    }
  }

  /// Another own device has said what a device is called.
  mutating func tellName(_ key: OwnKey) throws(ClientStoreFailure) {
    guard key.subject.count == 4 else { return }
    let id = DeviceID(rawValue: key.subject.reduce(0) { $0 << 8 | UInt32($1) })
    let own = state.device?.address.description ?? ""
    // Of a device that is not in the account any more, or never was, nothing is told.
    guard state.manifests[own]?.manifest.device(id) != nil else { return }
    try tell(.named, id)
  }

  private mutating func tell(
    _ change: OwnDeviceChange, _ id: DeviceID
  ) throws(ClientStoreFailure) {
    guard let device = state.device, id != device.device.deviceID else { return }
    let name = try name(ofDevice: id.rawValue)
    try emit(
      .ownDeviceChanged(deviceID: id.rawValue, change: change, name: name),
      address: device.address.description)
  }
}
