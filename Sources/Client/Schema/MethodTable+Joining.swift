// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  private static let group = NamedValue.required("address", .address, "Which group.")
  private static let linkFailures: [ClientFailureCode] =
    conversationFailures + [.outOfStep, .notPermitted, .notAMember, .quotaExceeded]
  private static let link = NamedValue.required(
    "linkId",
    .text("00112233445566778899aabbccddeeff", type: "32 digits", pattern: "^[0-9a-f]{32}$"),
    "The number of the link.")

  /// Coming into groups by links.
  static let joining: [MethodDescription] = [
    MethodDescription(
      "group-link", "Open a link by which people can ask to come into a group.",
      [
        group,
        .optional(
          "expires", ValueSchema.text.showing("+24h"),
          "When it ends: a time, or a wait as +24h; within a year."),
        .optional("uses", .integer(from: 1, to: 10_000), "How many may come in by it."),
        .optional(
          "approval", .boolean, "Somebody who may add people says yes to each.",
          default: false),
      ],
      result: .named("JoinLink"), failures: linkFailures),
    MethodDescription(
      "group-links", "List the links into a group.", [group],
      result: .object([.required("links", .list(of: .named("JoinLink")), "All of them.")]),
      failures: conversationFailures),
    MethodDescription(
      "group-unlink", "Close a link into a group.", [group, link], result: .object([]),
      failures: linkFailures),
    MethodDescription(
      "group-knocks", "List those who ask to come into a group.", [group],
      result: .object([.required("knocks", .list(of: .named("Knock")), "All of them.")]),
      failures: conversationFailures),
    answer("group-admit", "Let somebody in who asks."),
    answer("group-refuse", "Refuse somebody who asks; nothing is told."),
    MethodDescription(
      "group-join", "Ask to come into the group of a link.",
      [.required("link", .text, "The link.")],
      result: .object([.required("address", .address, "The group's reference.")]),
      failures: accountFailures + [.badRequest, .quotaExceeded]),
    MethodDescription(
      "group-asked", "List the groups that this account asks to come into.",
      result: .object([.required("groups", .list(of: .named("OwnKnock")), "All of them.")]),
      failures: accountFailures),
    MethodDescription(
      "group-withdraw", "Ask to come into a group no more.", [group], result: .object([]),
      failures: conversationFailures),
  ]

  private static func answer(_ name: String, _ summary: String) -> MethodDescription {
    MethodDescription(
      name, summary, [group, .required("member", .address, "Who asks.")], result: .object([]),
      failures: conversationFailures + [.unknownAddress, .notPermitted])
  }
}
