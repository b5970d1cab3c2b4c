// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A signed and encrypted message (RFC 9420 §6.3).
///
/// ```
/// struct {
///   opaque group_id<V>;
///   uint64 epoch;
///   ContentType content_type;
///   opaque authenticated_data<V>;
///   opaque encrypted_sender_data<V>;
///   opaque ciphertext<V>;
/// } PrivateMessage;
/// ```
public struct PrivateMessage: Hashable, WireValue {
  /// The group.
  public let groupID: [UInt8]
  /// The epoch whose keys protect the message.
  public let epoch: UInt64
  /// The kind of content.
  public let contentType: ContentType
  /// Bytes of the application's that are signed but not encrypted.
  public let authenticatedData: [UInt8]
  /// The sealed SenderData.
  public let encryptedSenderData: [UInt8]
  /// The sealed PrivateMessageContent.
  public let ciphertext: [UInt8]

  /// Takes a message from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    groupID = try input.readVector()
    epoch = try input.readUInt64()
    contentType = try ContentType(from: &input)
    authenticatedData = try input.readVector()
    encryptedSenderData = try input.readVector()
    ciphertext = try input.readVector()
  }

  /// Writes the message.
  public func encode(to output: inout ByteWriter) {
    output.write(vector: groupID)
    output.write(epoch)
    output.write(contentType)
    output.write(vector: authenticatedData)
    output.write(vector: encryptedSenderData)
    output.write(vector: ciphertext)
  }
}

/// Which of the sender's keys a private message uses (RFC 9420 §6.3.2).
///
/// ```
/// struct { uint32 leaf_index; uint32 generation; opaque reuse_guard[4]; } SenderData;
/// ```
public struct SenderData: Hashable, WireValue {
  /// The sender's leaf.
  public let leafIndex: LeafIndex
  /// The generation in the sender's ratchet.
  public let generation: UInt32
  /// Four random bytes that are mixed into the nonce.
  public let reuseGuard: [UInt8]

  init(leafIndex: LeafIndex, generation: UInt32, reuseGuard: [UInt8]) {
    self.leafIndex = leafIndex
    self.generation = generation
    self.reuseGuard = reuseGuard
  }

  /// Takes the three fields.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    leafIndex = try LeafIndex(from: &input)
    generation = try input.readUInt32()
    reuseGuard = try input.readBytes(4)
  }

  /// Writes the three fields.
  public func encode(to output: inout ByteWriter) {
    output.write(leafIndex)
    output.write(generation)
    output.write(raw: reuseGuard)
  }

  /// The nonce with the guard mixed into its first bytes (RFC 9420 §6.3.1).
  func guardedNonce(_ nonce: Secret) -> [UInt8] {
    var bytes = nonce.copyBytes()
    for (index, byte) in reuseGuard.enumerated() where index < bytes.count {
      bytes[index] ^= byte
    }
    return bytes
  }
}

extension PrivateMessage {
  /// Protects signed content with the sender's next key.
  ///
  /// - Throws: `invalidSender` unless a member sends, `contentTypeMismatch` for content that was
  ///   signed for another wire format.
  public init(
    protecting signed: AuthenticatedContent, suite: CipherSuite, senderDataSecret: Secret,
    key: MessageKey, padding: PaddingPolicy, using generator: inout some RandomNumberGenerator
  ) throws(MLSFailure) {
    guard case .member(let leaf) = signed.content.sender else { throw .invalidSender }
    guard signed.wireFormat == .privateMessage else { throw .contentTypeMismatch }
    let content = signed.content
    var plaintext = ByteWriter(capacity: 512)
    content.body.encode(to: &plaintext)
    signed.auth.encode(to: &plaintext)
    let zeros = padding.paddingLength(for: plaintext.bytes.count)
    plaintext.write(raw: [UInt8](repeating: 0, count: zeros))

    let senderData = SenderData(
      leafIndex: leaf, generation: key.generation, reuseGuard: generator.bytes(4))
    groupID = content.groupID
    epoch = content.epoch
    contentType = content.body.type
    authenticatedData = content.authenticatedData
    ciphertext = try suite.seal(
      key: key.key, nonce: senderData.guardedNonce(key.nonce),
      authenticating: PrivateMessage.contentAAD(
        groupID: groupID, epoch: epoch, type: contentType, authenticatedData: authenticatedData),
      plaintext: plaintext.bytes)
    let senderKey = SenderDataKey(
      suite: suite, senderDataSecret: senderDataSecret, ciphertext: ciphertext)
    encryptedSenderData = try suite.seal(
      key: senderKey.key, nonce: senderKey.nonce.copyBytes(),
      authenticating: PrivateMessage.senderDataAAD(
        groupID: groupID, epoch: epoch, type: contentType),
      plaintext: senderData.encoded)
  }

  /// Opens the sender data.
  ///
  /// - Throws: `decryptionFailed`, `decoding`.
  public func senderData(
    suite: CipherSuite, senderDataSecret: Secret
  ) throws(MLSFailure) -> SenderData {
    let senderKey = SenderDataKey(
      suite: suite, senderDataSecret: senderDataSecret, ciphertext: ciphertext)
    let bytes = try suite.open(
      key: senderKey.key, nonce: senderKey.nonce.copyBytes(),
      authenticating: PrivateMessage.senderDataAAD(
        groupID: groupID, epoch: epoch, type: contentType),
      ciphertext: encryptedSenderData)
    return try SenderData.decode(bytes)
  }

  /// Opens the content with the key that the sender data names; the signature remains to be
  /// checked.
  ///
  /// - Throws: `decryptionFailed`, `decoding`, `nonZeroPadding`.
  public func unprotected(
    suite: CipherSuite, senderData: SenderData, key: MessageKey
  ) throws(MLSFailure) -> AuthenticatedContent {
    let plaintext = try suite.open(
      key: key.key, nonce: senderData.guardedNonce(key.nonce),
      authenticating: PrivateMessage.contentAAD(
        groupID: groupID, epoch: epoch, type: contentType, authenticatedData: authenticatedData),
      ciphertext: ciphertext)
    let body: FramedContent.Body
    let auth: FramedContentAuthData
    let padding: [UInt8]
    do throws(DecodingFailure) {
      var input = plaintext.span
      body = try FramedContent.Body(type: contentType, from: &input)
      auth = try FramedContentAuthData(type: contentType, from: &input)
      padding = input.readRest()
    } catch {
      throw .decoding(error)
    }
    guard padding.allSatisfy({ $0 == 0 }) else { throw .nonZeroPadding }
    return AuthenticatedContent(
      wireFormat: .privateMessage,
      content: FramedContent(
        groupID: groupID, epoch: epoch, sender: .member(senderData.leafIndex),
        authenticatedData: authenticatedData, body: body),
      auth: auth)
  }

  private static func contentAAD(
    groupID: [UInt8], epoch: UInt64, type: ContentType, authenticatedData: [UInt8]
  ) -> [UInt8] {
    var output = ByteWriter(capacity: groupID.count + authenticatedData.count + 24)
    output.write(raw: senderDataAAD(groupID: groupID, epoch: epoch, type: type))
    output.write(vector: authenticatedData)
    return output.bytes
  }

  private static func senderDataAAD(
    groupID: [UInt8], epoch: UInt64, type: ContentType
  ) -> [UInt8] {
    var output = ByteWriter(capacity: groupID.count + 16)
    output.write(vector: groupID)
    output.write(epoch)
    output.write(type)
    return output.bytes
  }
}
