// SPDX-License-Identifier: Apache-2.0

/// The stable list of what can go wrong. The raw value is the code that programs see in JSON; the
/// exit code is what the command line ends with. Codes are added, never renamed or renumbered.
public enum ClientFailureCode: String, CaseIterable, Hashable, Sendable {
  /// A request lacks something, or a value in it has no meaning.
  case badRequest = "bad-request"
  /// This text is not an address of the form `name@domain`.
  case badAddress = "bad-address"
  /// The store has no account yet: register first.
  case notRegistered = "not-registered"
  /// The store holds an account already.
  case alreadyRegistered = "already-registered"
  /// The home has several accounts, and the request names none.
  case accountNeeded = "account-needed"
  /// The address to register belongs to somebody else.
  case addressTaken = "address-taken"
  /// No account of this address exists on the service.
  case unknownAddress = "unknown-address"
  /// The domain of the address is not one that this service holds.
  case unknownDomain = "unknown-domain"
  /// The invite link does not parse, or the server does not have the certificate it pins.
  case wrongInvite = "wrong-invite"
  /// The server cannot be reached.
  case noServer = "no-server"
  /// The store is locked, and nothing that could open it was given.
  case locked = "locked"
  /// The passphrase or the key file does not open the store.
  case wrongPassphrase = "wrong-passphrase"
  /// The message is above 64 KiB.
  case messageTooLarge = "message-too-large"
  /// The peer's identity key is not the pinned one; nothing is sent until that is settled.
  case identityChanged = "identity-changed"
  /// The peer's account exists and has no device that can be written to.
  case noDevices = "no-devices"
  /// The directory served an older manifest than the one known.
  case manifestRollback = "manifest-rollback"
  /// The manifest does not verify, or contradicts the one known.
  case manifestInvalid = "manifest-invalid"
  /// A key package is not what the manifest's device would have signed.
  case keyPackageInvalid = "key-package-invalid"
  /// A device is in the group, or offered for it, and not in the account's manifest.
  case ghostDevice = "ghost-device"
  /// A Welcome does not open, or its group breaks a rule of the product.
  case welcomeInvalid = "welcome-invalid"
  /// No conversation with this address exists.
  case unknownConversation = "unknown-conversation"
  /// No message with this identifier exists.
  case unknownMessage = "unknown-message"
  /// The conversation's group state is lost or stale.
  case outOfStep = "out-of-step"
  /// There is no such file in the message, or not on the server any more.
  case unknownAttachment = "unknown-attachment"
  /// What came is not what the message names.
  case attachmentInvalid = "attachment-invalid"
  /// An export is not whole, was changed, or is not of the form that it should have.
  case exportInvalid = "export-invalid"
  /// An export is of another account.
  case exportForeign = "export-foreign"
  /// A file on this machine cannot be read or written.
  case fileFailure = "file-failure"
  /// The group's permissions do not let this account do that.
  case notPermitted = "not-permitted"
  /// This account, or the one that is named, is not a member of the group.
  case notAMember = "not-a-member"
  /// The conversation is a message request that was not accepted yet.
  case requestPending = "request-pending"
  /// The person is blocked.
  case blocked
  /// The group has as many people or devices as it may have.
  case groupFull = "group-full"
  /// What another screen shows is not the safety number of this one.
  case safetyNumberMismatch = "safety-number-mismatch"
  /// Too many requests; try again later.
  case rateLimited = "rate-limited"
  /// A quota of the account, the log or the inbox is used up, or the outbox is full.
  case quotaExceeded = "quota-exceeded"
  /// The server refused in a way that this client has no better word for.
  case serverFailure = "server-failure"
  /// The local store failed.
  case storeFailure = "store-failure"
  /// Another process has this account's store open.
  case storeInUse = "store-in-use"
  /// A wait ended before what was waited for came.
  case timeout = "timeout"
  /// A rule that this program keeps itself was broken: a bug.
  case internalFailure = "internal-failure"

  /// The status that the command line ends with. 0 is success, 1 is never used so that a crash of
  /// a script is not taken for an answer, 2 is bad usage.
  public var exitCode: Int32 {
    switch self {
    case .badRequest: 2
    case .badAddress: 3
    case .notRegistered: 10
    case .alreadyRegistered: 11
    case .addressTaken: 12
    case .unknownAddress: 13
    case .unknownDomain: 14
    case .wrongInvite: 15
    case .noServer: 16
    case .locked: 17
    case .messageTooLarge: 18
    case .wrongPassphrase: 19
    case .identityChanged: 20
    case .noDevices: 21
    case .manifestRollback: 22
    case .manifestInvalid: 23
    case .keyPackageInvalid: 24
    case .ghostDevice: 25
    case .welcomeInvalid: 26
    case .unknownConversation: 30
    case .unknownMessage: 31
    case .outOfStep: 32
    case .unknownAttachment: 43
    case .attachmentInvalid: 44
    case .fileFailure: 45
    case .exportInvalid: 60
    case .exportForeign: 61
    case .accountNeeded: 62
    case .notPermitted: 33
    case .notAMember: 34
    case .groupFull: 35
    case .requestPending: 36
    case .blocked: 37
    case .safetyNumberMismatch: 38
    case .rateLimited: 40
    case .quotaExceeded: 41
    case .serverFailure: 42
    case .storeFailure: 50
    case .timeout: 51
    case .storeInUse: 52
    case .internalFailure: 70
    }
  }
}
