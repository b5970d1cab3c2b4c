// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import MIMI
import MLS
import SansIO

/// Valid inputs to begin from, for the targets that no test vector covers.
public enum FuzzSeeds {
  /// Seeds of a target; empty where the vectors in Tests/Vectors are the seeds.
  public static func of(_ target: FuzzTarget) -> [[UInt8]] {
    switch target {
    case .mlsMessage, .keyPackage, .welcome, .groupInfo, .ratchetTree, .commit, .proposal,
      .groupSecrets, .cbor, .content, .derivedValues:
      []
    case .storedGroup, .storedCommit, .storedKeyPackage, .rejoinedGroup: (try? stored(target)) ?? []
    case .manifest, .certificate, .accountSecrets, .deviceSecrets, .safetyCode, .inviteLink,
      .deviceSigner, .linkMessage, .archiveSeal:
      (try? identity(target)) ?? []
    case .address: ["alice@messenger.example", "mimi://messenger.example/u/alice"].map(utf8)
    case .location, .contactCard, .linkPreview: said(target)
    case .jpegThumbnail: [thumbnail]
    case .pictureHeader: pictures
    case .keep:
      [KeepContent.ask, .withdraw, .accept(turn: 1), .refuse(turn: 1_000)].map(\.encoded)
    case .pin: [PinContent.pin(seconds: 86_400), .unpin].map(\.encoded)
    case .poll: polls()
    case .mentionText:
      ["Hi [@bob](mimi://x.example/u/bob) `@bob` <mimi://x.example/u/a> @bob."].map(utf8)
    case .statusReport: statusReport()
    case .serverInbox: ClientFixture.clientFrames(to: .inbox)
    case .serverLogs: logsFrames()
    case .clientInbox: ClientFixture.serverFrames(from: .inbox)
    case .clientLogs: ClientFixture.serverFrames(from: .logs)
    case .clientEvent, .commitParcel, .conversationContext, .roomState, .roomChange, .knock,
      .treeReference, .ownNote, .typingSignal:
      client(target).map(\.encoded)
    case .joinLink:
      [
        utf8("sotto-group:v1.") + Array(repeating: UInt8(ascii: "A"), count: 22)
          + utf8(".") + Array(repeating: UInt8(ascii: "A"), count: 43)
          + utf8(".") + Array(repeating: UInt8(ascii: "A"), count: 43) + utf8(".x.example")
      ]
    case .historyMessage, .historySegment: history(target)
    case .historyGrant: historyGrants()
    case .blobRequest: blobRequests().map(utf8)
    case .importedFiles: importedFiles
    case .archiveManifest, .archivedLine: archive(target).map(utf8)
    case .wrappedKey, .localRequest: home(target).map(utf8)
    }
  }

  static func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static func blobRequests() -> [String] {
    let name = String(repeating: "ab", count: 32)
    let token = "authorization:Bearer " + name
    return [
      "GET\n/v1/blobs/\(name)\nrange:bytes=5-9",
      "PATCH\n/v1/uploads/\(name)\n\(token)\ncontent-type:application/partial-upload\n"
        + "content-length:7\nupload-offset:3\nupload-complete:?1",
      "HEAD\n/v1/uploads/\(name)\n\(token)", "DELETE\n/v1/uploads/\(name)\n\(token)",
    ]
  }

  private static func stored(_ target: FuzzTarget) throws -> [[UInt8]] {
    var random = SeededGenerator(seed: 3)
    let suite = CipherSuite.mls128DHKEMX25519AES128GCMSHA256Ed25519
    let now = Instant(milliseconds: 1_800_000_000_000)
    let lifetime = Lifetime(from: now, lasting: .seconds(86_400))
    func identity(_ name: String) throws -> LeafIdentity {
      LeafIdentity(
        credential: .basic(identity: utf8(name)),
        signatureKeyPair: try suite.generateSignatureKeyPair(using: &random),
        capabilities: Capabilities(cipherSuites: [suite]))
    }
    let alice = try identity("alice")
    var group = try Group.create(
      groupID: [1], suite: suite, identity: alice, lifetime: lifetime, using: &random)
    let bob = try identity("bob")
    let bundle = try KeyPackageBundle.create(
      suite: suite, identity: bob, lifetime: lifetime, using: &random)
    let commit = try group.commit([.add(bundle.keyPackage)], at: now, using: &random)
    switch target {
    case .storedCommit: return [commit.encodedForStorage.copyBytes()]
    case .storedKeyPackage: return [bundle.encodedForStorage.copyBytes()]
    case .rejoinedGroup: return [RejoinedGroup(group).encoded.copyBytes()]
    default:
      let next = try group.merge(commit.staged, at: now)
      return [group, next].map { group in
        let state = group.encodedEpochState.copyBytes()
        let length = [UInt8(state.count >> 8), UInt8(state.count & 0xff)]
        return length + state + group.encodedMessageSecrets.copyBytes()
      }
    }
  }

  /// Hello, account, proof and grant, as their structures say.
  private static func linkMessages(
    _ account: AccountSecrets, _ device: DeviceSecrets
  ) -> [[UInt8]] {
    let key = account.aik.publicKey.bytes
    let signature = device.selfSignature(
      account: account.accountID, aik: account.aik.publicKey, dsk: account.dsk.publicKey)
    return [
      [1, 4, 1, 2, 3, 4] + key + key,
      [1] + key + account.accountID.bytes + account.address.encoded + key + key + [0, 0, 0, 2],
      [1] + key + signature.bytes, [1, 2, 8, 9, 3, 1, 2, 3],
    ]
  }

  private static func identity(_ target: FuzzTarget) throws -> [[UInt8]] {
    var random = SeededGenerator(seed: 4)
    let now = Instant(milliseconds: 1_800_000_000_000)
    let account = AccountSecrets(
      address: try Address("alice@messenger.example"), using: &random)
    let device = DeviceSecrets(using: &random)
    switch target {
    case .manifest: return [account.firstManifest(device: device, at: now).encoded]
    case .certificate: return [account.issueCertificate(for: device, expires: now).encoded]
    case .accountSecrets: return [account.encodedForStore.copyBytes()]
    case .deviceSecrets: return [device.encodedForStore.copyBytes()]
    case .deviceSigner: return [account.signer.encodedForStore.copyBytes()]
    case .linkMessage: return linkMessages(account, device)
    case .archiveSeal:
      return [
        ArchiveSeal(
          hash: Array(repeating: 7, count: 32),
          certificate: account.issueCertificate(for: device, expires: now),
          manifest: account.firstManifest(device: device, at: now), by: device
        ).encoded
      ]
    case .safetyCode:
      let side = IdentityFingerprint(accountID: account.accountID, aik: account.aik.publicKey)
      let code = SafetyCode(number: SafetyNumber(own: side, peer: side))
      return [code.encoded, Array(code.text.utf8)]
    default:
      let hosts: [ServerHost] = [
        .ipv6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]), .ipv4([192, 0, 2, 1]), .name("a.example"),
      ]
      return try hosts.map { host in
        let link = try InviteLink(
          host: host, port: 443, domain: account.address.domain, certificatePin: .zero,
          serverKey: account.aik.publicKey)
        return utf8(link.description)
      }
    }
  }

  private static func said(_ target: FuzzTarget) -> [[UInt8]] {
    switch target {
    case .location:
      [GeoLocation(latitude: "48.2", longitude: "-16.37", label: "Here")]
        .compactMap { $0?.encoded }
    case .contactCard:
      [ContactCard(name: "A, \\ B; C", uri: "mimi://x.example/u/alice")]
        .compactMap { $0?.encoded }
    default:
      [LinkPreview(url: "https://x.example/a", title: "Title", text: "Text")]
        .compactMap { $0?.encoded }
    }
  }

  private static func polls() -> [[UInt8]] {
    let question = PollQuestion("When?", choices: ["Monday", "Tuesday"], several: true)
    let contents: [PollContent?] = [question.map(PollContent.question), .vote([0, 3]), .end]
    return contents.compactMap { $0?.encoded }
  }

  private static func statusReport() -> [[UInt8]] {
    guard let id = MessageID(Array(repeating: 1, count: MessageID.byteCount)),
      let report = MessageStatusReport([
        PerMessageStatus(messageID: id, status: .delivered),
        PerMessageStatus(messageID: id, status: .read),
      ])
    else { return [] }
    return [report.encoded]
  }
}
