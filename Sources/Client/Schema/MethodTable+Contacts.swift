// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  private static let request = NamedValue.required("address", .address, "Which request.")
  private static let person = NamedValue.required("address", .address, "Whom.")
  private static let settingsResult = ValueSchema.object([
    .required("settings", .named("Settings"), "All of them.")
  ])

  /// What any setting may be, each once.
  private static let settingValues = ClientSetting.allCases.flatMap(\.values)
    .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }

  /// Who may reach this account.
  static let contacts: [MethodDescription] = [
    MethodDescription(
      "requests-list", "List the conversations that wait to be accepted.",
      result: .object([
        .required("requests", .list(of: .named("Request")), "The newest first.")
      ]),
      failures: accountFailures),
    MethodDescription(
      "requests-show", "Show what was said in one of them; nothing of it becomes read.",
      [request],
      result: .object([.required("lines", .list(of: .named("Line")), "Newest first.")]),
      failures: conversationFailures),
    MethodDescription(
      "requests-accept", "Accept a conversation: what was held back is told and confirmed.",
      [request], result: .object([]), failures: conversationFailures),
    MethodDescription(
      "requests-delete", "Forget what was said in it, and leave it if it is a group.",
      [request], result: .object([]), failures: conversationFailures + [.outOfStep, .notAMember]),
    MethodDescription(
      "requests-block", "Delete it, and take nothing more from its sender.", [request],
      result: .object([]),
      failures: conversationFailures + [.outOfStep, .notAMember, .quotaExceeded]),
    MethodDescription(
      "block", "Take nothing more from somebody.", [person], result: .object([]),
      failures: accountFailures + [.badAddress, .badRequest, .quotaExceeded]),
    MethodDescription(
      "unblock", "Take messages of somebody again.", [person], result: .object([]),
      failures: accountFailures + [.badRequest]),
    MethodDescription(
      "blocked", "List who is blocked.",
      result: .object([.required("blocked", .list(of: .named("Block")), "By address.")]),
      failures: accountFailures),
    MethodDescription(
      "settings", "Tell the settings, which the devices of the account share.",
      result: settingsResult,
      failures: accountFailures),
    MethodDescription(
      "settings-set", "Change a setting, for all devices of the account.",
      [
        .required("setting", .choice(ClientSetting.allCases.map(\.rawValue)), "Which."),
        .required(
          "value", .choice(settingValues),
          "What it is from now on."),
      ],
      result: settingsResult, failures: accountFailures + [.badRequest]),
  ]
}
