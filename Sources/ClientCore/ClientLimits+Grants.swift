// SPDX-License-Identifier: Apache-2.0

/// The limits of history that is handed to members of groups (history-grants.md).
extension ClientLimits {
  /// Devices that one message hands history to: an account has 20 at most.
  static let grantDevicesMax = 20
  /// Devices to which this one gives, or members from whom it takes, at once: each is a log that is
  /// read, and a row in the store.
  static let grantRowsMax = 60
}
