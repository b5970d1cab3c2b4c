// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  private static let group = NamedValue.required("address", .address, "Which group.")
  private static let member = NamedValue.required("member", .address, "Whom.")
  private static let role = NamedValue.required(
    "role", .choice(RoomRole.allCases.map(\.name)), "The role.")
  private static let nothing = ValueSchema.object([])
  private static let picturePath = ValueSchema.text.showing("/home/alice/hill.png")
  /// What a method fails with that changes a group.
  private static let changeFailures: [ClientFailureCode] =
    conversationFailures + [
      .unknownAddress, .outOfStep, .notPermitted, .notAMember, .groupFull, .quotaExceeded,
    ]

  private static func change(
    _ name: String, _ summary: String, _ parameters: [NamedValue] = [],
    failures: [ClientFailureCode] = []
  ) -> MethodDescription {
    MethodDescription(
      name, summary, [group] + parameters, result: nothing, failures: changeFailures + failures)
  }

  /// Groups, and what is changed in them.
  static let groups: [MethodDescription] = [
    MethodDescription(
      "group-create", "Begin a group.",
      [
        .required("name", .text, "The name of the group."),
        .optional("members", .list(of: .address), "Whom to add at once."),
      ],
      result: .object([.required("address", .address, "The group's reference.")]),
      failures: changeFailures),
    MethodDescription(
      "group-show", "Tell of a group, its members and its permissions.", [group],
      result: .named("Group"), failures: conversationFailures + [.requestPending]),
    change(
      "group-add", "Add somebody to a group.",
      [
        member,
        .optional(
          "again", .boolean, "Add the devices of a member anew.", default: false),
      ]),
    change("group-remove", "Remove somebody from a group.", [member]),
    change("group-ban", "Remove somebody from a group for good.", [member]),
    change("group-unban", "Let somebody be added again.", [member]),
    change("group-rename", "Change the name.", [.required("name", .text, "The new name.")]),
    change(
      "group-describe", "Change the description.", [.required("text", .text, "The new text.")]),
    change(
      "group-picture", "Give the group a picture: a small JPEG is made of the file.",
      [.required("path", picturePath, "A JPEG, PNG, GIF or WebP; absolute.")],
      failures: [.fileFailure]),
    change("group-picture-remove", "Take the picture of the group away."),
    MethodDescription(
      "group-picture-save", "Get the picture of a group.",
      [group, .optional("path", picturePath, "Save it here, where nothing is; absolute.")],
      result: .object([
        .required("width", .integer(from: 1), "In pixels."),
        .required("height", .integer(from: 1), "In pixels."),
        .optional("path", picturePath, "Where it is, when it was saved."),
        .optional("data", .text, "Else the JPEG file, in base64url without padding."),
      ]),
      failures: conversationFailures + [.unknownAttachment, .fileFailure, .requestPending]),
    change("group-role", "Change what somebody is in a group.", [member, role]),
    change(
      "group-permit", "Change the least role that may do something.",
      [
        .required("action", .choice(RoomAction.allCases.map(\.name)), "What is done."), role,
      ]),
    change("group-leave", "Leave a group."),
    change(
      "group-grant",
      "Hand a member what was said before, for all members to see. Admins may; one of last and "
        + "since is needed.",
      [member, lastMessages, sinceTime]),
  ]
}
