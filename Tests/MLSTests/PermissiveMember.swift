// SPDX-License-Identifier: Apache-2.0

import SansIO

@testable import MLS

/// A member that signs, tags and encrypts correctly whatever it is told to say: what a hostile
/// member can do with the keys that it has. Nothing of what it makes is checked.
struct PermissiveMember {
  var group: Group

  /// What differs from an honest message.
  struct Change {
    var groupID: [UInt8]?
    var epoch: UInt64?
    var sender: Sender?
    var signer: SignaturePrivateKey?
    /// What the signature covers as context; the epoch's without it.
    var signedContext: [UInt8]?
    /// The wire format that the signature is for, when it is not the message's.
    var signedFormat: WireFormat?
    var confirmationTag: [UInt8]?
    var membershipTag: [UInt8]?
    /// After content and signature, instead of the zeros of padding.
    var padding: [UInt8] = [0, 0, 0]
    /// What the framing announces, when it is not the content's.
    var contentType: ContentType?
    var generation: UInt32?
    /// The leaf that the sealed sender data names.
    var senderDataLeaf: LeafIndex?

    static let none = Change()
  }

  var suite: CipherSuite { group.suite }
  var context: [UInt8] { group.context.encoded }

  func signed(
    _ body: FramedContent.Body, _ change: Change, format: WireFormat
  ) throws -> AuthenticatedContent {
    let content = FramedContent(
      groupID: change.groupID ?? group.groupID, epoch: change.epoch ?? group.epoch,
      sender: change.sender ?? .member(group.ownLeafIndex), authenticatedData: [7], body: body)
    let signed = try AuthenticatedContent.signed(
      content, wireFormat: change.signedFormat ?? format, suite: suite,
      context: change.signedContext ?? context, signer: change.signer ?? group.state.signatureKey)
    return AuthenticatedContent(
      wireFormat: format, content: content,
      auth: FramedContentAuthData(
        signature: signed.auth.signature, confirmationTag: change.confirmationTag))
  }

  /// A PublicMessage, even of application data.
  func publicMessage(_ body: FramedContent.Body, _ change: Change = .none) throws -> [UInt8] {
    publicMessage(try signed(body, change, format: .publicMessage), change)
  }

  func publicMessage(_ content: AuthenticatedContent, _ change: Change) -> [UInt8] {
    var output = ByteWriter()
    output.write(ProtocolVersion.mls10)
    output.write(WireFormat.publicMessage)
    output.write(content.content)
    content.auth.encode(to: &output)
    if case .member = content.content.sender {
      var tagged = ByteWriter()
      tagged.write(raw: content.toBeSigned(context: context))
      content.auth.encode(to: &tagged)
      output.write(
        vector: change.membershipTag
          ?? suite.mac(key: group.state.secrets.membershipKey, data: tagged.bytes))
    }
    return output.bytes
  }

  /// A PrivateMessage under the member's next key, or that of another generation.
  mutating func privateMessage(
    _ body: FramedContent.Body, _ change: Change = .none, using entropy: inout SeededGenerator
  ) throws -> [UInt8] {
    try privateMessage(
      try signed(body, change, format: .privateMessage), change, using: &entropy)
  }

  mutating func privateMessage(
    _ content: AuthenticatedContent, _ change: Change, using entropy: inout SeededGenerator
  ) throws -> [UInt8] {
    let kind: RatchetKind
    if case .application = content.content.body { kind = .application } else { kind = .handshake }
    let (key, consumption) = try group.messages.current.nextKey(of: group.ownLeafIndex, kind)
    if change.generation == nil { group.messages.current.apply(consumption) }
    let senderData = SenderData(
      leafIndex: change.senderDataLeaf ?? group.ownLeafIndex,
      generation: change.generation ?? key.generation, reuseGuard: entropy.bytes(4))
    var plaintext = ByteWriter()
    content.content.body.encode(to: &plaintext)
    content.auth.encode(to: &plaintext)
    plaintext.write(raw: change.padding)
    return try privateMessage(
      plaintext.bytes, senderData, key, type: change.contentType ?? content.content.body.type,
      change)
  }

  /// Seals any plaintext as a PrivateMessage.
  func privateMessage(
    _ plaintext: [UInt8], _ senderData: SenderData, _ key: MessageKey, type: ContentType,
    _ change: Change = .none
  ) throws -> [UInt8] {
    var outer = ByteWriter()
    outer.write(vector: change.groupID ?? group.groupID)
    outer.write(change.epoch ?? group.epoch)
    outer.write(type)
    var inner = outer
    inner.write(vector: [7])
    let ciphertext = try suite.seal(
      key: key.key, nonce: senderData.guardedNonce(key.nonce), authenticating: inner.bytes,
      plaintext: plaintext)
    let senderKey = SenderDataKey(
      suite: suite, senderDataSecret: group.state.secrets.senderDataSecret, ciphertext: ciphertext)
    let sealed = try suite.seal(
      key: senderKey.key, nonce: senderKey.nonce.copyBytes(), authenticating: outer.bytes,
      plaintext: senderData.encoded)
    var output = ByteWriter()
    output.write(ProtocolVersion.mls10)
    output.write(WireFormat.privateMessage)
    output.write(raw: inner.bytes)
    output.write(vector: sealed)
    output.write(vector: ciphertext)
    return output.bytes
  }
}
