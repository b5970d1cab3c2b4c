// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  private static let folder = ValueSchema.text.showing("/home/alice/export")
  private static let instant = ValueSchema.text.showing("2026-11-24T12:00:00Z")

  /// Exports.
  static let archives: [MethodDescription] = [
    MethodDescription(
      "export", "Write conversations into a new folder, and sign all of it.",
      [
        .required("path", folder, "Where nothing is; an absolute path."),
        .optional("in", .address, "This conversation alone."),
        .optional("since", instant, "Not before this time or day."),
        .optional("until", instant, "Before this time, or to the end of this day."),
        .optional("html", .boolean, "With pages for a browser.", default: false),
        .optional(
          "attachments", .boolean, "With the files of messages that can still be had.",
          default: false),
      ],
      result: .object([
        .required("path", folder, "Where it is."),
        .required("conversations", .integer(), "How many it has."),
        .required("lines", .integer(), "How many lines it has."),
        .required("leftOut", .integer(), "Lines that disappear, or have not left."),
        .required("attachments", .integer(), "How many files of messages it has."),
        .required("missing", .integer(), "Files that could not be had."),
      ]),
      failures: conversationFailures + [.fileFailure, .requestPending, .quotaExceeded]),
    MethodDescription(
      "import", "Take the messages of an export of this account, once it has proved right.",
      [.required("path", folder, "The folder of the export; an absolute path.")],
      result: .object([
        .required("lines", .integer(), "Messages that are here now."),
        .required("known", .integer(), "Messages that were here, or were deleted here."),
        .required("passedOver", .integer(), "Lines that are no messages, or must not come."),
        .required("deviceListed", .boolean, "The account still has the device that made it."),
      ]),
      failures: accountFailures + [.fileFailure, .exportInvalid, .exportForeign]),
  ]
}
