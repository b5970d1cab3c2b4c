// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What describes an epoch of a group to those who join it (RFC 9420 §12.4.3).
///
/// ```
/// struct {
///   GroupContext group_context;
///   Extension extensions<V>;
///   MAC confirmation_tag;
///   uint32 signer;
///   opaque signature<V>;
/// } GroupInfo;
/// ```
///
/// The signature has not been checked: see `hasValidSignature`.
public struct GroupInfo: Hashable, WireValue {
  /// The epoch's context.
  public let context: GroupContext
  /// What joiners may need besides, such as the tree; unknown ones mean nothing.
  public let extensions: [Extension]
  /// The tag of the commit that began the epoch.
  public let confirmationTag: [UInt8]
  /// The leaf of the member who signed.
  public let signer: LeafIndex
  /// SignWithLabel(., "GroupInfoTBS", GroupInfoTBS).
  public let signature: [UInt8]

  private init(
    context: GroupContext, extensions: [Extension], confirmationTag: [UInt8], signer: LeafIndex,
    signature: [UInt8]
  ) {
    self.context = context
    self.extensions = extensions
    self.confirmationTag = confirmationTag
    self.signer = signer
    self.signature = signature
  }

  /// Makes and signs a GroupInfo.
  public static func signed(
    context: GroupContext, extensions: [Extension], confirmationTag: [UInt8], signer: LeafIndex,
    privateKey: SignaturePrivateKey
  ) throws(MLSFailure) -> GroupInfo {
    let unsigned = GroupInfo(
      context: context, extensions: extensions, confirmationTag: confirmationTag, signer: signer,
      signature: [])
    let signature = try context.cipherSuite.sign(
      privateKey: privateKey, label: "GroupInfoTBS", content: unsigned.toBeSigned)
    return GroupInfo(
      context: context, extensions: extensions, confirmationTag: confirmationTag, signer: signer,
      signature: signature)
  }

  /// Takes a GroupInfo from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    context = try GroupContext(from: &input)
    extensions = try input.readExtensions()
    confirmationTag = try input.readVector()
    signer = try LeafIndex(from: &input)
    signature = try input.readVector()
  }

  /// Writes the GroupInfo.
  public func encode(to output: inout ByteWriter) {
    output.write(raw: toBeSigned)
    output.write(vector: signature)
  }

  /// Whether the signature verifies under the signer's key; false for unsupported suites.
  public func hasValidSignature(signatureKey: [UInt8]) -> Bool {
    context.cipherSuite.isSupported
      && context.cipherSuite.verify(
        publicKey: signatureKey, label: "GroupInfoTBS", content: toBeSigned,
        signature: signature)
  }

  private var toBeSigned: [UInt8] {
    var output = ByteWriter(capacity: 1024)
    output.write(context)
    output.write(list: extensions)
    output.write(vector: confirmationTag)
    output.write(signer)
    return output.bytes
  }
}
