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
    MethodDescription(
      "device-share-history",
      "Give another own device, which this one has linked, what was said before it came.",
      [
        .required("deviceId", .integer(), "The number of the device."), lastMessages,
        sinceTime,
      ],
      result: .object([]), failures: accountFailures),
    MethodDescription(
      "device-history", "Tell how far history between own devices has come.",
      result: .object([
        .required("histories", .list(of: .named("History")), "In the order of linking.")
      ]),
      failures: accountFailures),
  ]

  /// How much history is handed over.
  static let lastMessages = NamedValue.optional(
    "last", .integer(from: 1), "The newest so many messages alone.")
  /// From when on.
  static let sinceTime = NamedValue.optional(
    "since", ValueSchema.text.showing("2026-11-24"), "Nothing older: a time, or a date.")
}
