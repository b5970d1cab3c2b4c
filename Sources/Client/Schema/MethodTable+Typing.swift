// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  /// Who types.
  static let typing: [MethodDescription] = [
    MethodDescription(
      "typing",
      "Tell whoever is there that the user types, or has stopped; nothing of it is kept.",
      [
        .address,
        .optional("stop", .boolean, "The user has stopped.", default: false),
      ],
      result: .object([.required("told", .boolean, "Whether others were told.")]),
      failures: conversationFailures + [.requestPending])
  ]
}
