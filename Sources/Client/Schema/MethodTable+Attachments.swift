// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  private static let path = ValueSchema.text.showing("/home/alice/cat.png")

  /// Files.
  static let attachments: [MethodDescription] = [
    MethodDescription(
      "attach", "Send files. The message leaves once the server has the last of them.",
      [
        .address, .required("files", .list(of: path), "Which files, 1 to 10; absolute paths."),
        .optional("text", .text, "What is said beside them."),
        .optional("messageId", .identifier, "Which message it answers."),
        .wait, .timeout(30),
        .optional(
          "expires", ValueSchema.text.showing("5m"), "It disappears: 5s to 4w, exists:1w, once."),
        .optional("once", .boolean, "Its files can be saved once.", default: false),
        .optional(
          "asFile", .boolean, "Pictures keep what they tell beside what they show.",
          default: false),
        .optional("voice", .boolean, "The one file is a voice note, Ogg Opus.", default: false),
      ],
      result: .named("Sent"), failures: annotationFailures + [.fileFailure]),
    MethodDescription(
      "save", "Fetch a file of a message, prove that it is the right one, and save it.",
      [
        .address, .messageID,
        .required("path", path, "A folder, or a path at which nothing is; absolute."),
        .optional(
          "number", .integer(from: 1, to: 10), "Which of its files; 1 when it is not given."),
        .optional(
          "timeoutSeconds", .seconds,
          "Answer timeout after this; fetching goes on, and another call takes part in it."),
      ],
      result: .object([.required("path", path, "Where it is.")]),
      failures: conversationFailures + [
        .unknownMessage, .unknownAttachment, .attachmentInvalid, .fileFailure, .noServer,
        .serverFailure, .requestPending, .messageTooLarge, .timeout,
      ]),
    MethodDescription(
      "thumbnail", "Get the small picture of a file or a link, which came with the message.",
      [
        .address, .messageID,
        .optional("path", path, "Save it here, where nothing is; absolute."),
        .optional(
          "number", .integer(from: 1, to: 10), "Which of its files; 1 when it is not given."),
        .optional("preview", .boolean, "That of the link in its text.", default: false),
      ],
      result: .object([
        .required("width", .integer(from: 1), "In pixels."),
        .required("height", .integer(from: 1), "In pixels."),
        .optional("path", path, "Where it is, when it was saved."),
        .optional("data", .text, "Else the JPEG file, in base64url without padding."),
      ]),
      failures: conversationFailures + [
        .unknownMessage, .unknownAttachment, .fileFailure, .requestPending,
      ]),
    MethodDescription(
      "transfers", "List the files that are on their way now.",
      result: .object([.required("transfers", .list(of: .named("Transfer")), "All of them.")])),
  ]
}
