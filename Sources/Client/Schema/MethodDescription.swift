// SPDX-License-Identifier: Apache-2.0

package import ClientCore

/// What is to be known of one method of the local protocol before it is called.
package struct MethodDescription: Sendable {
  /// The name, which is that of its verb.
  package let name: String
  /// One sentence.
  package let summary: String
  /// What it takes, by name; what must be there comes first.
  package let parameters: [NamedValue]
  /// What it answers.
  package let result: ValueSchema
  /// The failures that are its own; every method may also fail as `failuresOfAll` says.
  package let failures: [ClientFailureCode]

  /// What every method may fail with.
  package static let failuresOfAll: [ClientFailureCode] = [
    .badRequest, .storeFailure, .internalFailure,
  ]

  /// Describes a method.
  package init(
    _ name: String, _ summary: String, _ parameters: [NamedValue] = [], result: ValueSchema,
    failures: [ClientFailureCode] = []
  ) {
    self.name = name
    self.summary = summary
    self.parameters = parameters.filter(\.isRequired) + parameters.filter { !$0.isRequired }
    self.result = result
    self.failures = failures
  }
}

/// Every method of the local protocol. A method that is added to `ClientMethods` gets its entry in
/// one of these lists; a test compares the two, down to each parameter.
package enum MethodTable {
  /// All of them, in the order in which the reference tells them.
  package static let all: [MethodDescription] =
    account + messages + keeping + typing + polls + pins + content + attachments + archives
    + conversations + organising + groups + joining
    + contacts
    + devices + events
    + protocolItself

  /// What a method fails with that needs an account.
  static let accountFailures: [ClientFailureCode] = [.notRegistered]
  /// What a method fails with that looks at a conversation.
  static let conversationFailures: [ClientFailureCode] =
    accountFailures + [.badAddress, .unknownConversation]
  /// What a method fails with that puts something into the outbox, and perhaps waits for it.
  static let sendingFailures: [ClientFailureCode] =
    accountFailures + [
      .badAddress, .unknownAddress, .unknownDomain, .noServer, .messageTooLarge,
      .identityChanged, .noDevices, .manifestRollback, .manifestInvalid, .keyPackageInvalid,
      .ghostDevice, .outOfStep, .notPermitted, .notAMember, .rateLimited, .quotaExceeded,
      .serverFailure, .timeout,
    ]
  /// What a method fails with that says something about a message.
  static let annotationFailures: [ClientFailureCode] =
    sendingFailures + [.unknownConversation, .unknownMessage]
}
