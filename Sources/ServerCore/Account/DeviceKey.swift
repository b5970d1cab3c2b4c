// SPDX-License-Identifier: Apache-2.0

package import Identity

/// One device of one account, as inboxes and key packages are addressed.
package struct DeviceKey: Hashable, Comparable, Sendable {
  /// The account.
  package let address: Address
  /// The device within the account.
  package let deviceID: DeviceID

  package init(address: Address, deviceID: DeviceID) {
    self.address = address
    self.deviceID = deviceID
  }

  /// By address, then by number.
  package static func < (left: DeviceKey, right: DeviceKey) -> Bool {
    left.address == right.address
      ? left.deviceID < right.deviceID : left.address < right.address
  }
}
