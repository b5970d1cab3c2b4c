// SPDX-License-Identifier: Apache-2.0

import Foundation
import MLS
import SansIO
import Testing

/// The passive-client format: join from a Welcome, then follow commits. Runs over every file of
/// that format in the vector folder, whatever its name ends in.
@Suite struct PassiveClient {
  struct Case: SuiteCase {
    struct PSK: Decodable {
      let psk_id: HexBytes, psk: HexBytes
    }
    struct Epoch: Decodable {
      let proposals: [HexBytes], commit: HexBytes, epoch_authenticator: HexBytes
    }
    let cipher_suite: UInt16
    let external_psks: [PSK]
    let key_package: HexBytes, welcome: HexBytes, initial_epoch_authenticator: HexBytes
    let signature_priv: HexBytes, encryption_priv: HexBytes, init_priv: HexBytes
    let ratchet_tree: HexBytes?
    let epochs: [Epoch]
  }

  static let files: [String] = {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: VectorFile.mlsFolder.path)) ?? []
    return names.filter { $0.hasPrefix("passive-client") && $0.hasSuffix(".json") }.sorted()
  }()

  @Test func bothPublishedFilesAreThere() {
    let environment = ProcessInfo.processInfo.environment["MLS_VECTORS"]
    #expect(environment != nil || Self.files.count >= 2)
  }

  @Test(arguments: files) func follows(file: String) throws {
    try VectorFile.run(file, of: Case.self) { try run($0) }
  }

  private func run(_ vector: Case) throws {
    let bundle = try bundle(of: vector)
    var keys = PreSharedKeys()
    for psk in vector.external_psks {
      keys.insert(psk.psk.secret, externalID: psk.psk_id.bytes)
    }
    guard case .welcome(let welcome) = try MLSMessage(bytes: vector.welcome.bytes) else {
      throw Unexpected.message
    }
    let now = Instant(milliseconds: 1_700_000_000_000)
    let staged = try Group.join(
      welcome, with: bundle,
      signatureKey: SignaturePrivateKey(
        rawRepresentation: vector.signature_priv.secret),
      ratchetTree: vector.ratchet_tree?.bytes, preSharedKeys: keys,
      policy: GroupPolicy.unchecked, at: now)
    var group = staged.group
    try #require(group.epochAuthenticator == vector.initial_epoch_authenticator.bytes)
    for epoch in vector.epochs {
      for proposal in epoch.proposals {
        guard
          case .proposal = try group.process(
            proposal.bytes, preSharedKeys: keys, at: now)
        else { throw Unexpected.message }
      }
      guard
        case .commit(let commit) = try group.process(
          epoch.commit.bytes, preSharedKeys: keys, at: now)
      else { throw Unexpected.message }
      group = try group.merge(commit, at: now)
      try #require(group.epochAuthenticator == epoch.epoch_authenticator.bytes)
      // Each epoch also survives being stored.
      let restored = try Group(
        epochState: group.encodedEpochState, messageSecrets: group.encodedMessageSecrets,
        policy: GroupPolicy.unchecked)
      try #require(restored.encodedEpochState.constantTimeEquals(group.encodedEpochState))
      group = restored
    }
  }

  private enum Unexpected: Error { case message }

  private func bundle(of vector: Case) throws -> KeyPackageBundle {
    guard case .keyPackage(let keyPackage) = try MLSMessage(bytes: vector.key_package.bytes)
    else { throw Unexpected.message }
    let suite = keyPackage.cipherSuite
    let initKey = vector.init_priv.secret
    let encryptionKey = vector.encryption_priv.secret
    let signatureKey = SignaturePrivateKey(
      rawRepresentation: vector.signature_priv.secret)
    try #require(try suite.hpkePublicKey(of: initKey) == keyPackage.initKey)
    try #require(try suite.hpkePublicKey(of: encryptionKey) == keyPackage.leafNode.encryptionKey)
    try #require(
      try suite.signaturePublicKey(of: signatureKey) == keyPackage.leafNode.signatureKey)
    return try KeyPackageBundle(
      keyPackage: keyPackage, initPrivateKey: initKey, encryptionPrivateKey: encryptionKey)
  }
}
