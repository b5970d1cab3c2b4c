// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  /// Messages that are more than a text.
  static let content: [MethodDescription] = [
    MethodDescription(
      "send-location", "Send a place.",
      [
        .address, .required("latitude", ValueSchema.text.showing("48.2082"), "Degrees north."),
        .required("longitude", ValueSchema.text.showing("16.3738"), "Degrees east."),
        .optional("label", .text, "What it is called: one line."), .wait, .timeout(30),
      ],
      result: .named("Sent"), failures: sendingFailures),
    MethodDescription(
      "send-contact", "Send somebody's name and address.",
      [
        .address, .required("contact", .address, "Whose."),
        .optional("name", .text, "What they are called; else what stands before the at sign."),
        .wait, .timeout(30),
      ],
      result: .named("Sent"), failures: sendingFailures),
  ]
}
