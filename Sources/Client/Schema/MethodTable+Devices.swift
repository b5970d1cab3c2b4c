// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  /// What a method fails with that links a device.
  private static let linkFailures: [ClientFailureCode] = [
    .notRegistered, .alreadyRegistered, .wrongInvite, .noServer, .manifestRollback,
    .manifestInvalid, .rateLimited, .quotaExceeded, .serverFailure, .timeout,
  ]

  /// The devices of the account.
  static let devices: [MethodDescription] = [
    MethodDescription(
      "device-link", "Ask to become a device of an account, on the new device.",
      [.required("invite", .text, "The link that the operator of the service hands out.")],
      result: .named("Link"), failures: linkFailures),
    MethodDescription(
      "device-accept", "Take a new device's link, on a device of the account.",
      [.required("link", .text, "The link that the new device shows.")],
      result: .named("Link"), failures: linkFailures),
    MethodDescription(
      "device-confirm", "Confirm that both devices show the same code.",
      [.required("code", .text, "The code that the new device shows.")],
      result: .named("Link"), failures: linkFailures),
    MethodDescription(
      "device-link-state", "Tell how far linking has come.", result: .named("Link"),
      failures: linkFailures),
    MethodDescription(
      "device-list", "List the devices of the account.",
      result: .object([.required("devices", .list(of: .named("Device")), "All of them.")]),
      failures: linkFailures),
    MethodDescription(
      "device-remove", "Remove a device from the account and from every conversation.",
      [.required("deviceId", .integer(), "The number of the device.")],
      result: .object([]), failures: linkFailures),
    MethodDescription(
      "device-rename", "Give a device a name that the account's devices alone know.",
      [
        .optional("deviceId", .integer(), "The number of the device; else this one."),
        .required("name", .text, "One line of 64 bytes at most; empty takes it away."),
      ],
      result: .object([]), failures: linkFailures),
  ]
}
