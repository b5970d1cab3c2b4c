// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

@Suite struct FramingVectorTests {
  struct Header: Decodable { let vlbytes_header: HexBytes, length: Int }

  @Test func deserialization() throws {
    let cases = try VectorFile.mls("deserialization.json", of: Header.self)
    for one in cases {
      let bytes = one.vlbytes_header.bytes
      var input = bytes.span
      let length = try input.readLengthHeader()
      let left = input.count
      #expect(length == one.length)
      #expect(left == 0)
      var output = ByteWriter()
      output.write(vectorLength: length)
      #expect(output.bytes == bytes)
    }
    VectorFile.report("deserialization.json", passed: cases.count, skipped: 0)
  }

  @Test(arguments: [
    ("4000", DecodingFailure.nonMinimalLength), ("403f", .nonMinimalLength),
    ("80000000", .nonMinimalLength), ("80003fff", .nonMinimalLength),
    ("c0", .reservedLengthPrefix), ("ffffffff", .reservedLengthPrefix),
    ("", .truncated), ("40", .truncated), ("800040", .truncated),
  ])
  func badHeaders(hex: String, failure: DecodingFailure) throws {
    let bytes = try #require(Hex.decode(hex))
    #expect(throws: failure) {
      var input = bytes.span
      _ = try input.readLengthHeader()
    }
  }

  struct Messages: Decodable {
    let mls_welcome: HexBytes, mls_group_info: HexBytes, mls_key_package: HexBytes
    let public_message_application: HexBytes, public_message_proposal: HexBytes
    let public_message_commit: HexBytes, private_message: HexBytes
    let group_secrets: HexBytes, commit: HexBytes
    let add_proposal: HexBytes, update_proposal: HexBytes, remove_proposal: HexBytes
    let pre_shared_key_proposal: HexBytes, re_init_proposal: HexBytes
    let external_init_proposal: HexBytes, group_context_extensions_proposal: HexBytes
  }

  @Test func messages() throws {
    let cases = try VectorFile.mls("messages.json", of: Messages.self)
    #expect(!cases.isEmpty)
    for one in cases {
      let messages: [(HexBytes, WireFormat)] = [
        (one.mls_welcome, .welcome), (one.mls_group_info, .groupInfo),
        (one.mls_key_package, .keyPackage), (one.public_message_application, .publicMessage),
        (one.public_message_proposal, .publicMessage),
        (one.public_message_commit, .publicMessage), (one.private_message, .privateMessage),
      ]
      for (hex, format) in messages {
        let message = try MLSMessage(bytes: hex.bytes)
        #expect(message.wireFormat == format)
        #expect(message.encoded == hex.bytes)
        #expect(throws: MLSFailure.decoding(.trailingBytes)) {
          try MLSMessage(bytes: hex.bytes + [0])
        }
        #expect(throws: MLSFailure.decoding(.truncated)) {
          try MLSMessage(bytes: Array(hex.bytes.dropLast()))
        }
      }
      #expect(
        try GroupSecrets(decoding: one.group_secrets.bytes).encoded == one.group_secrets.bytes)
      #expect(try Commit(decoding: one.commit.bytes).encoded == one.commit.bytes)
      try proposal(one.add_proposal, .add)
      try proposal(one.update_proposal, .update)
      try proposal(one.remove_proposal, .remove)
      try proposal(one.pre_shared_key_proposal, .psk)
      try proposal(one.re_init_proposal, .reInit)
      try proposal(one.external_init_proposal, .externalInit)
      try proposal(one.group_context_extensions_proposal, .groupContextExtensions)
    }
    VectorFile.report("messages.json", passed: cases.count, skipped: 0)
  }

  private func proposal(_ hex: HexBytes, _ type: ProposalType) throws {
    var whole = ByteWriter()
    whole.write(type)
    whole.write(raw: hex.bytes)
    let proposal = try Proposal(decoding: whole.bytes)
    #expect(proposal.type == type)
    #expect(proposal.encoded == whole.bytes)
  }

  struct Protection: SuiteCase {
    let cipher_suite: UInt16
    let group_id: HexBytes, epoch: UInt64, tree_hash: HexBytes
    let confirmed_transcript_hash: HexBytes
    let signature_priv: HexBytes, signature_pub: HexBytes
    let encryption_secret: HexBytes, sender_data_secret: HexBytes, membership_key: HexBytes
    let proposal: HexBytes, proposal_pub: HexBytes, proposal_priv: HexBytes
    let commit: HexBytes, commit_pub: HexBytes, commit_priv: HexBytes
    let application: HexBytes, application_priv: HexBytes

    var context: [UInt8] {
      GroupContext(
        cipherSuite: suite, groupID: group_id.bytes, epoch: epoch, treeHash: tree_hash.bytes,
        confirmedTranscriptHash: confirmed_transcript_hash.bytes, extensions: []
      ).encoded
    }
  }

  @Test func messageProtection() throws {
    try VectorFile.run("message-protection.json", of: Protection.self) { one in
      let proposal = FramedContent.Body.proposal(try Proposal(decoding: one.proposal.bytes))
      let commit = FramedContent.Body.commit(try Commit(decoding: one.commit.bytes))
      let application = FramedContent.Body.application(one.application.bytes)
      try checkPublic(one, given: one.proposal_pub.bytes, proposal)
      try checkPublic(one, given: one.commit_pub.bytes, commit)
      try checkPrivate(one, given: one.proposal_priv.bytes, proposal)
      try checkPrivate(one, given: one.commit_priv.bytes, commit)
      try checkPrivate(one, given: one.application_priv.bytes, application)
      let signed = try sign(one, application, .publicMessage)
      #expect(throws: MLSFailure.applicationDataInPublicMessage) {
        try PublicMessage(
          protecting: signed, suite: one.suite, membershipKey: one.membership_key.secret,
          context: one.context)
      }
    }
  }

  private func sign(
    _ one: Protection, _ body: FramedContent.Body, _ format: WireFormat
  ) throws -> AuthenticatedContent {
    let content = FramedContent(
      groupID: one.group_id.bytes, epoch: one.epoch,
      sender: .member(LeafIndex(rawValue: 1)), authenticatedData: [1, 2], body: body)
    let signed = try AuthenticatedContent.signed(
      content, wireFormat: format, suite: one.suite, context: one.context,
      signer: SignaturePrivateKey(rawRepresentation: one.signature_priv.secret))
    guard case .commit = body else { return signed }
    return signed.confirmed(by: [7, 7, 7])
  }

  private func checkPublic(
    _ one: Protection, given: [UInt8], _ expected: FramedContent.Body
  ) throws {
    func open(_ message: PublicMessage, membershipKey: Secret) throws -> FramedContent.Body {
      try message.unprotected(
        suite: one.suite, membershipKey: membershipKey, context: one.context
      ).verified(
        suite: one.suite, signatureKey: one.signature_pub.bytes, context: one.context
      ).content.body
    }
    guard case .publicMessage(let message) = try MLSMessage(bytes: given) else {
      Issue.record("no public message")
      return
    }
    let key = one.membership_key.secret
    #expect(try open(message, membershipKey: key) == expected)
    #expect(throws: MLSFailure.invalidMembershipTag) {
      try open(message, membershipKey: Secret(zeroCount: 32))
    }
    let fresh = try PublicMessage(
      protecting: try sign(one, expected, .publicMessage), suite: one.suite,
      membershipKey: key, context: one.context)
    let decoded = try PublicMessage(decoding: fresh.encoded)
    #expect(try open(decoded, membershipKey: key) == expected)
  }

  private func checkPrivate(
    _ one: Protection, given: [UInt8], _ expected: FramedContent.Body
  ) throws {
    let suite = one.suite
    let count = try #require(LeafCount(rawValue: 2))
    let fresh = SecretTree(
      suite: suite, leafCount: count, encryptionSecret: one.encryption_secret.secret)
    let kind: RatchetKind = expected.type == .application ? .application : .handshake
    let secret = one.sender_data_secret.secret
    func open(_ message: PrivateMessage) throws -> FramedContent.Body {
      let sender = try message.senderData(suite: suite, senderDataSecret: secret)
      #expect(sender.leafIndex == LeafIndex(rawValue: 1))
      let (key, _) = try fresh.key(
        of: sender.leafIndex, kind, generation: sender.generation,
        at: Instant(milliseconds: 0))
      return try message.unprotected(suite: suite, senderData: sender, key: key)
        .verified(suite: suite, signatureKey: one.signature_pub.bytes, context: one.context)
        .content.body
    }
    guard case .privateMessage(let message) = try MLSMessage(bytes: given) else {
      Issue.record("no private message")
      return
    }
    #expect(try open(message) == expected)
    var entropy = SeededGenerator(seed: 1)
    let (key, _) = try fresh.nextKey(of: LeafIndex(rawValue: 1), kind)
    let made = try PrivateMessage(
      protecting: try sign(one, expected, .privateMessage), suite: suite,
      senderDataSecret: secret, key: key, padding: .standard, using: &entropy)
    #expect(try open(PrivateMessage(decoding: made.encoded)) == expected)
    let bytes = made.encoded
    for index in [bytes.count - 1, bytes.count / 2] {
      var changed = bytes
      changed[index] ^= 1
      let tampered = try PrivateMessage(decoding: changed)
      #expect(throws: MLSFailure.decryptionFailed) { try open(tampered) }
    }
  }

  struct WelcomeCase: SuiteCase {
    let cipher_suite: UInt16
    let init_priv: HexBytes, signer_pub: HexBytes, key_package: HexBytes, welcome: HexBytes
  }

  @Test func welcome() throws {
    try VectorFile.run("welcome.json", of: WelcomeCase.self) { one in
      guard case .keyPackage(let keyPackage) = try MLSMessage(bytes: one.key_package.bytes),
        case .welcome(let welcome) = try MLSMessage(bytes: one.welcome.bytes)
      else {
        Issue.record("other kinds of message")
        return
      }
      let suite = one.suite
      let secrets = try welcome.groupSecrets(
        for: keyPackage, initPrivateKey: one.init_priv.secret)
      let schedule = KeySchedule(
        suite: suite, joinerSecret: secrets.joinerSecret, pskSecret: suite.zeroSecret)
      let info = try welcome.groupInfo(schedule: schedule)
      #expect(info.hasValidSignature(signatureKey: one.signer_pub.bytes))
      let (epoch, _) = schedule.epoch(context: info.context.encoded)
      #expect(
        suite.verifyMAC(
          info.confirmationTag, key: epoch.confirmationKey,
          data: info.context.confirmedTranscriptHash))
      let again = try Welcome.sealed(
        groupInfo: info, schedule: schedule, joiners: [(keyPackage, nil)], psks: [])
      let opened = try again.groupSecrets(for: keyPackage, initPrivateKey: one.init_priv.secret)
      #expect(opened.joinerSecret.copyBytes() == secrets.joinerSecret.copyBytes())
      #expect(try again.groupInfo(schedule: schedule) == info)
      let other = Welcome(
        cipherSuite: suite, secrets: [], encryptedGroupInfo: welcome.encryptedGroupInfo)
      #expect(throws: MLSFailure.notInWelcome) {
        try other.groupSecrets(for: keyPackage, initPrivateKey: one.init_priv.secret)
      }
    }
  }
}
