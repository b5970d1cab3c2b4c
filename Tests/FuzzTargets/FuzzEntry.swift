// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import MIMI
import MLS
import SansIO
import ServerCore
import SwiftProtobuf
import Wire

/// Runs one input through one decoder. A refusal is an answer; a trap is a crash that the fuzzer
/// sees; and what decodes has to encode to the very bytes that it came from.
public enum FuzzEntry {
  /// Runs `bytes` through `target`.
  ///
  /// - Returns: whether the decoder took them.
  /// - Throws: a `FuzzFinding` when the target's promise does not hold.
  @discardableResult
  public static func run(_ target: FuzzTarget, _ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    switch target {
    case .mlsMessage: return try wireValue(MLSMessage.self, bytes, target)
    case .keyPackage: return try wireValue(KeyPackage.self, bytes, target)
    case .welcome: return try wireValue(MLS.Welcome.self, bytes, target)
    case .groupInfo: return try wireValue(GroupInfo.self, bytes, target)
    case .ratchetTree: return try wireValue(RatchetTree.self, bytes, target)
    case .commit: return try wireValue(Commit.self, bytes, target)
    case .proposal: return try wireValue(Proposal.self, bytes, target)
    case .groupSecrets: return try wireValue(GroupSecrets.self, bytes, target)
    case .storedGroup: return try storedGroup(bytes)
    case .storedCommit: return try storedCommit(bytes)
    case .storedKeyPackage: return try storedKeyPackage(bytes)
    case .rejoinedGroup: return try rejoinedGroup(bytes)
    case .manifest:
      return try wireValue(SignedManifest.self, bytes, target) { _ = try? $0.verifiedAsFirst() }
    case .certificate:
      return try wireValue(DeviceCertificate.self, bytes, target) { _ = try? $0.verified() }
    case .accountSecrets: return try accountSecrets(bytes)
    case .deviceSecrets: return try deviceSecrets(bytes)
    case .safetyCode: return try safetyCode(bytes)
    case .inviteLink: return try inviteLink(bytes)
    case .address: return try address(bytes)
    case .cbor: return try wireValue(CBORValue.self, bytes, target)
    case .content: return try wireValue(MIMIContent.self, bytes, target, use: readMeaning)
    case .poll: return try wireValue(PollContent.self, bytes, target)
    case .location: return try wireValue(GeoLocation.self, bytes, target)
    case .contactCard: return try wireValue(ContactCard.self, bytes, target)
    case .linkPreview:
      return try wireValue(LinkPreview.self, bytes, target) { _ = $0.stands(in: $0.title) }
    case .jpegThumbnail: return try jpegThumbnail(bytes)
    case .pictureHeader: return try pictureHeader(bytes)
    case .pin: return try wireValue(PinContent.self, bytes, target)
    case .keep: return try wireValue(KeepContent.self, bytes, target)
    case .mentionText: return try mentionText(bytes)
    case .statusReport: return try wireValue(MessageStatusReport.self, bytes, target)
    case .derivedValues: return try wireValue(MessageDerivedValues.self, bytes, target)
    case .serverInbox:
      ServerFixture.shared.receive(bytes, to: .inbox)
      return (try? WireInboxClientFrame(serializedBytes: bytes)) != nil
    case .serverLogs:
      ServerFixture.shared.receive(bytes, to: .logs)
      return (try? WireLogsClientFrame(serializedBytes: bytes)) != nil
    case .clientInbox:
      try ClientFixture.receive(bytes, from: .inbox, target)
      return (try? WireInboxServerFrame(serializedBytes: bytes)) != nil
    case .clientLogs:
      try ClientFixture.receive(bytes, from: .logs, target)
      return (try? WireLogsServerFrame(serializedBytes: bytes)) != nil
    case .clientEvent: return try wireValue(ClientEvent.Kind.self, bytes, target)
    case .commitParcel: return try wireValue(CommitParcel.self, bytes, target)
    case .treeReference: return try wireValue(TreeReference.self, bytes, target)
    case .linkMessage:
      let found = [
        try wireValue(LinkHello.self, bytes, target),
        try wireValue(LinkAccount.self, bytes, target),
        try wireValue(LinkProof.self, bytes, target), try wireValue(LinkGrant.self, bytes, target),
      ]
      return found.contains(true)
    case .historyMessage: return try wireValue(HistoryMessage.self, bytes, target)
    case .historySegment: return try wireValue(HistorySegment.self, bytes, target)
    case .historyGrant: return try wireValue(HistoryGrant.self, bytes, target)
    case .deviceSigner:
      guard let value = try? DeviceSigner(decoding: Secret(bytes)) else { return false }
      guard value.encodedForStore.copyBytes() == bytes else {
        throw FuzzFinding(target, "encodes to other bytes")
      }
      return true
    case .roomState: return try wireValue(RoomState.self, bytes, target)
    case .typingSignal: return try wireValue(TypingSignal.self, bytes, target)
    case .ownNote: return try wireValue(OwnNote.self, bytes, target)
    case .roomChange: return try wireValue(RoomChange.self, bytes, target)
    case .knock:
      let found = [
        try wireValue(Knock.self, bytes, target), try wireValue(JoinKey.self, bytes, target),
      ]
      return found.contains(true)
    case .joinLink: return try joinLink(bytes)
    case .blobRequest: return blobRequest(bytes)
    case .conversationContext: return try wireValue(ConversationContext.self, bytes, target)
    case .wrappedKey: return try wrappedKey(bytes)
    case .archiveSeal:
      return try wireValue(ArchiveSeal.self, bytes, target) {
        _ = try? $0.verified(hash: Array(repeating: 7, count: 32))
      }
    case .importedFiles: return try wireValue(ImportedFiles.self, bytes, target)
    case .archiveManifest: return try archiveManifest(bytes)
    case .archivedLine: return try archivedLine(bytes)
    case .localRequest: return try localRequest(bytes)
    }
  }

  private static func wireValue<Value: WireValue>(
    _: Value.Type, _ bytes: [UInt8], _ target: FuzzTarget, use: (Value) -> Void = { _ in }
  ) throws(FuzzFinding) -> Bool {
    guard let value = try? Value(decoding: bytes) else { return false }
    guard value.encoded == bytes else { throw FuzzFinding(target, "encodes to other bytes") }
    use(value)
    return true
  }

  private static func readMeaning(_ content: MIMIContent) {
    _ = content.text
    _ = content.attachments
    _ = content.reactions
    _ = content.statusReport
    _ = content.poll
    _ = content.pollRemark
    _ = content.pinRemark
    _ = content.keepRemark
    _ = content.location
    _ = content.contactCard
    _ = content.linkPreview
    _ = content.extensions.senderManifest
    _ = content.body.part(at: 3)
    _ = content.messageID(senderURI: "a", roomURI: "b")
  }

  private static func accountSecrets(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let value = try? AccountSecrets(decoding: Secret(bytes)) else { return false }
    guard value.encodedForStore.copyBytes() == bytes else {
      throw FuzzFinding(.accountSecrets, "encodes to other bytes")
    }
    return true
  }

  private static func deviceSecrets(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let value = try? DeviceSecrets(decoding: Secret(bytes)) else { return false }
    guard value.encodedForStore.copyBytes() == bytes else {
      throw FuzzFinding(.deviceSecrets, "encodes to other bytes")
    }
    return true
  }

  /// The structure, and its text.
  private static func safetyCode(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    if let text = String(validating: bytes, as: UTF8.self), let code = try? SafetyCode(text: text) {
      guard Array(code.text.utf8) == bytes else {
        throw FuzzFinding(.safetyCode, "prints as another text")
      }
      return true
    }
    return try wireValue(SafetyCode.self, bytes, .safetyCode)
  }

  private static func inviteLink(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self),
      let link = try? InviteLink(text)
    else { return false }
    guard Array(link.description.utf8) == bytes else {
      throw FuzzFinding(.inviteLink, "prints as another text")
    }
    return true
  }

  private static func joinLink(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self), let link = JoinLink(text) else {
      return false
    }
    guard Array(link.text.utf8) == bytes else {
      throw FuzzFinding(.joinLink, "prints as another text")
    }
    return true
  }

  private static func blobRequest(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count >= 2, BlobRequest.isMeant(by: lines[1]) else { return false }
    let fields = lines.dropFirst(2).compactMap { line -> (name: String, value: String)? in
      let pair = line.split(separator: ":", maxSplits: 1).map(String.init)
      return pair.count == 2 ? (name: pair[0], value: pair[1]) : nil
    }
    let request = try? BlobRequest(method: lines[0], path: lines[1], fields: fields)
    if case .download(_, let range, _) = request {
      for size in [1, 7, ServerLimits.blobBytesMax] { _ = range.offsets(in: size) }
    }
    return request != nil
  }

  private static func address(_ bytes: [UInt8]) throws(FuzzFinding) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    let address = try? Address(text)
    if let address, Array(address.description.utf8) != bytes {
      throw FuzzFinding(.address, "prints as another text")
    }
    let fromURI = try? Address(uri: text)
    if let fromURI, Array(fromURI.uri.utf8) != bytes {
      throw FuzzFinding(.address, "prints as another URI")
    }
    return address != nil || fromURI != nil
  }
}
