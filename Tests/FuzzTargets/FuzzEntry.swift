// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import MIMI
import MLS
import SansIO
import ServerCore

/// Runs one input through one decoder. A refusal is an answer; a trap is a crash that the fuzzer
/// sees; and what decodes has to encode to the very bytes that it came from.
public enum FuzzEntry {
  /// Runs `bytes` through `target`.
  ///
  /// - Throws: a `FuzzFinding` when the target's promise does not hold.
  public static func run(_ target: FuzzTarget, _ bytes: [UInt8]) throws(FuzzFinding) {
    switch target {
    case .mlsMessage: try wireValue(MLSMessage.self, bytes, target)
    case .keyPackage: try wireValue(KeyPackage.self, bytes, target)
    case .welcome: try wireValue(MLS.Welcome.self, bytes, target)
    case .groupInfo: try wireValue(GroupInfo.self, bytes, target)
    case .ratchetTree: try wireValue(RatchetTree.self, bytes, target)
    case .commit: try wireValue(Commit.self, bytes, target)
    case .proposal: try wireValue(Proposal.self, bytes, target)
    case .groupSecrets: try wireValue(GroupSecrets.self, bytes, target)
    case .storedGroup: try storedGroup(bytes)
    case .storedCommit: try storedCommit(bytes)
    case .storedKeyPackage: try storedKeyPackage(bytes)
    case .manifest:
      try wireValue(SignedManifest.self, bytes, target) { _ = try? $0.verifiedAsFirst() }
    case .certificate:
      try wireValue(DeviceCertificate.self, bytes, target) { _ = try? $0.verified() }
    case .accountSecrets: try accountSecrets(bytes)
    case .deviceSecrets: try deviceSecrets(bytes)
    case .safetyCode: try wireValue(SafetyCode.self, bytes, target)
    case .inviteLink: try inviteLink(bytes)
    case .address: try address(bytes)
    case .cbor: try wireValue(CBORValue.self, bytes, target)
    case .content: try wireValue(MIMIContent.self, bytes, target, use: readMeaning)
    case .statusReport: try wireValue(MessageStatusReport.self, bytes, target)
    case .derivedValues: try wireValue(MessageDerivedValues.self, bytes, target)
    case .serverInbox: ServerFixture.shared.receive(bytes, to: .inbox)
    case .serverLogs: ServerFixture.shared.receive(bytes, to: .logs)
    case .clientInbox: try ClientFixture.receive(bytes, from: .inbox, target)
    case .clientLogs: try ClientFixture.receive(bytes, from: .logs, target)
    case .clientEvent: try wireValue(ClientEvent.Kind.self, bytes, target)
    case .commitParcel: try wireValue(CommitParcel.self, bytes, target)
    case .conversationContext: try wireValue(ConversationContext.self, bytes, target)
    case .wrappedKey: try wrappedKey(bytes)
    case .localRequest: try localRequest(bytes)
    }
  }

  private static func wireValue<Value: WireValue>(
    _: Value.Type, _ bytes: [UInt8], _ target: FuzzTarget, use: (Value) -> Void = { _ in }
  ) throws(FuzzFinding) {
    guard let value = try? Value(decoding: bytes) else { return }
    guard value.encoded == bytes else { throw FuzzFinding(target, "encodes to other bytes") }
    use(value)
  }

  private static func readMeaning(_ content: MIMIContent) {
    _ = content.text
    _ = content.reactions
    _ = content.statusReport
    _ = content.extensions.senderManifest
    _ = content.body.part(at: 3)
    _ = content.messageID(senderURI: "a", roomURI: "b")
  }

  private static func accountSecrets(_ bytes: [UInt8]) throws(FuzzFinding) {
    guard let value = try? AccountSecrets(decoding: Secret(bytes)) else { return }
    guard value.encodedForStore.copyBytes() == bytes else {
      throw FuzzFinding(.accountSecrets, "encodes to other bytes")
    }
  }

  private static func deviceSecrets(_ bytes: [UInt8]) throws(FuzzFinding) {
    guard let value = try? DeviceSecrets(decoding: Secret(bytes)) else { return }
    guard value.encodedForStore.copyBytes() == bytes else {
      throw FuzzFinding(.deviceSecrets, "encodes to other bytes")
    }
  }

  private static func inviteLink(_ bytes: [UInt8]) throws(FuzzFinding) {
    guard let text = String(validating: bytes, as: UTF8.self),
      let link = try? InviteLink(text)
    else { return }
    guard Array(link.description.utf8) == bytes else {
      throw FuzzFinding(.inviteLink, "prints as another text")
    }
  }

  private static func address(_ bytes: [UInt8]) throws(FuzzFinding) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    if let address = try? Address(text), Array(address.description.utf8) != bytes {
      throw FuzzFinding(.address, "prints as another text")
    }
    if let address = try? Address(uri: text), Array(address.uri.utf8) != bytes {
      throw FuzzFinding(.address, "prints as another URI")
    }
  }
}
