// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

@Suite struct KeyScheduleVectorTests {
  struct Schedule: SuiteCase {
    struct Exporter: Decodable {
      let label: String, context: HexBytes, length: Int, secret: HexBytes
    }
    struct Epoch: Decodable {
      let tree_hash: HexBytes, confirmed_transcript_hash: HexBytes
      let commit_secret: HexBytes, psk_secret: HexBytes
      let group_context: HexBytes, joiner_secret: HexBytes, welcome_secret: HexBytes
      let init_secret: HexBytes, sender_data_secret: HexBytes, encryption_secret: HexBytes
      let exporter_secret: HexBytes, epoch_authenticator: HexBytes, external_secret: HexBytes
      let confirmation_key: HexBytes, membership_key: HexBytes, resumption_psk: HexBytes
      let external_pub: HexBytes
      let exporter: Exporter
    }
    let cipher_suite: UInt16
    let group_id: HexBytes
    let initial_init_secret: HexBytes
    let epochs: [Epoch]
  }

  @Test func keySchedule() throws {
    try VectorFile.run("key-schedule.json", of: Schedule.self) { one in
      let suite = one.suite
      var initSecret = one.initial_init_secret.secret
      for (number, epoch) in one.epochs.enumerated() {
        let context = GroupContext(
          cipherSuite: suite, groupID: one.group_id.bytes, epoch: UInt64(number),
          treeHash: epoch.tree_hash.bytes,
          confirmedTranscriptHash: epoch.confirmed_transcript_hash.bytes, extensions: [])
        #expect(context.encoded == epoch.group_context.bytes)
        #expect(try GroupContext(decoding: epoch.group_context.bytes) == context)
        let schedule = KeySchedule(
          suite: suite, initSecret: initSecret, commitSecret: epoch.commit_secret.secret,
          pskSecret: epoch.psk_secret.secret, context: context.encoded)
        #expect(schedule.joinerSecret.copyBytes() == epoch.joiner_secret.bytes)
        #expect(schedule.welcomeSecret.copyBytes() == epoch.welcome_secret.bytes)
        let (secrets, encryption) = schedule.epoch(context: context.encoded)
        #expect(encryption.copyBytes() == epoch.encryption_secret.bytes)
        try check(secrets, epoch, suite)
        initSecret = secrets.initSecret
      }
    }
  }

  private func check(
    _ secrets: EpochSecrets, _ epoch: Schedule.Epoch, _ suite: CipherSuite
  ) throws {
    #expect(secrets.initSecret.copyBytes() == epoch.init_secret.bytes)
    #expect(secrets.senderDataSecret.copyBytes() == epoch.sender_data_secret.bytes)
    #expect(secrets.exporterSecret.copyBytes() == epoch.exporter_secret.bytes)
    #expect(secrets.epochAuthenticator.copyBytes() == epoch.epoch_authenticator.bytes)
    #expect(secrets.externalSecret.copyBytes() == epoch.external_secret.bytes)
    #expect(secrets.confirmationKey.copyBytes() == epoch.confirmation_key.bytes)
    #expect(secrets.membershipKey.copyBytes() == epoch.membership_key.bytes)
    #expect(secrets.resumptionPSK.copyBytes() == epoch.resumption_psk.bytes)
    #expect(try secrets.externalKeyPair(suite: suite).publicKey == epoch.external_pub.bytes)
    let exported = secrets.export(
      suite: suite, label: epoch.exporter.label, context: epoch.exporter.context.bytes,
      length: epoch.exporter.length)
    #expect(exported.copyBytes() == epoch.exporter.secret.bytes)
  }

  struct Chain: SuiteCase {
    struct PSK: Decodable { let psk_id: HexBytes, psk: HexBytes, psk_nonce: HexBytes }
    let cipher_suite: UInt16
    let psks: [PSK]
    let psk_secret: HexBytes
  }

  @Test func pskSecret() throws {
    try VectorFile.run("psk_secret.json", of: Chain.self) { one in
      var keys = PreSharedKeys()
      let ids = one.psks.map { psk in
        PreSharedKeyID(source: .external(id: psk.psk_id.bytes), nonce: psk.psk_nonce.bytes)
      }
      if !ids.isEmpty {
        #expect(throws: MLSFailure.unknownPSK) { try keys.secret(for: ids, suite: one.suite) }
      }
      for psk in one.psks { keys.insert(psk.psk.secret, externalID: psk.psk_id.bytes) }
      let secret = try keys.secret(for: ids, suite: one.suite)
      #expect(secret.copyBytes() == one.psk_secret.bytes)
    }
  }

  struct Tree: SuiteCase {
    struct SenderData: Decodable {
      let sender_data_secret: HexBytes, ciphertext: HexBytes, key: HexBytes, nonce: HexBytes
    }
    struct Step: Decodable {
      let generation: UInt32
      let handshake_key: HexBytes, handshake_nonce: HexBytes
      let application_key: HexBytes, application_nonce: HexBytes
    }
    let cipher_suite: UInt16
    let sender_data: SenderData
    let encryption_secret: HexBytes
    let leaves: [[Step]]
  }

  @Test func secretTree() throws {
    let now = Instant(milliseconds: 0)
    try VectorFile.run("secret-tree.json", of: Tree.self) { one in
      let sender = SenderDataKey(
        suite: one.suite, senderDataSecret: one.sender_data.sender_data_secret.secret,
        ciphertext: one.sender_data.ciphertext.bytes)
      #expect(sender.key.copyBytes() == one.sender_data.key.bytes)
      #expect(sender.nonce.copyBytes() == one.sender_data.nonce.bytes)
      let count = try #require(LeafCount(holding: one.leaves.count))
      var tree = SecretTree(
        suite: one.suite, leafCount: count, encryptionSecret: one.encryption_secret.secret)
      for (index, steps) in one.leaves.enumerated() {
        let leaf = LeafIndex(rawValue: UInt32(index))
        for step in steps {
          let (handshake, first) = try tree.key(
            of: leaf, .handshake, generation: step.generation, at: now)
          tree.apply(first)
          let (application, second) = try tree.key(
            of: leaf, .application, generation: step.generation, at: now)
          tree.apply(second)
          #expect(handshake.key.copyBytes() == step.handshake_key.bytes)
          #expect(handshake.nonce.copyBytes() == step.handshake_nonce.bytes)
          #expect(application.key.copyBytes() == step.application_key.bytes)
          #expect(application.nonce.copyBytes() == step.application_nonce.bytes)
          #expect(throws: MLSFailure.generationConsumed) {
            try tree.key(of: leaf, .handshake, generation: step.generation, at: now)
          }
        }
      }
    }
  }

  struct Transcript: SuiteCase {
    let cipher_suite: UInt16
    let confirmation_key: HexBytes
    let authenticated_content: HexBytes
    let interim_transcript_hash_before: HexBytes
    let confirmed_transcript_hash_after: HexBytes
    let interim_transcript_hash_after: HexBytes
  }

  @Test func transcriptHashes() throws {
    try VectorFile.run("transcript-hashes.json", of: Transcript.self) { one in
      let suite = one.suite
      let commit = try AuthenticatedContent(decoding: one.authenticated_content.bytes)
      #expect(commit.encoded == one.authenticated_content.bytes)
      let confirmed = TranscriptHash.confirmed(
        suite: suite, interim: one.interim_transcript_hash_before.bytes, commit: commit)
      #expect(confirmed == one.confirmed_transcript_hash_after.bytes)
      let tag = try #require(commit.auth.confirmationTag)
      #expect(suite.verifyMAC(tag, key: one.confirmation_key.secret, data: confirmed))
      let interim = TranscriptHash.interim(
        suite: suite, confirmed: confirmed, confirmationTag: tag)
      #expect(interim == one.interim_transcript_hash_after.bytes)
    }
  }
}
