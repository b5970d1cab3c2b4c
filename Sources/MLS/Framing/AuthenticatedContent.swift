// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a message says, and in which group and epoch (RFC 9420 §6).
///
/// ```
/// struct {
///   opaque group_id<V>;
///   uint64 epoch;
///   Sender sender;
///   opaque authenticated_data<V>;
///   ContentType content_type;
///   select (FramedContent.content_type) {
///     case application: opaque application_data<V>;
///     case proposal:    Proposal proposal;
///     case commit:      Commit commit;
///   };
/// } FramedContent;
/// ```
public struct FramedContent: Hashable, WireValue {
  /// The three kinds of content.
  public enum Body: Hashable, Sendable {
    /// The application's own bytes.
    case application([UInt8])
    /// A proposal.
    case proposal(Proposal)
    /// A commit.
    case commit(Commit)

    /// The kind's number.
    public var type: ContentType {
      switch self {
      case .application: .application
      case .proposal: .proposal
      case .commit: .commit
      }
    }

    init(type: ContentType, from input: inout Span<UInt8>) throws(DecodingFailure) {
      switch type {
      case .application: self = .application(try input.readVector())
      case .proposal: self = .proposal(try Proposal(from: &input))
      case .commit: self = .commit(try Commit(from: &input))
      }
    }

    func encode(to output: inout ByteWriter) {
      switch self {
      case .application(let data): output.write(vector: data)
      case .proposal(let proposal): output.write(proposal)
      case .commit(let commit): output.write(commit)
      }
    }
  }

  /// The group.
  public let groupID: [UInt8]
  /// The epoch in which the message was sent.
  public let epoch: UInt64
  /// Who sent it.
  public let sender: Sender
  /// Bytes of the application's that are signed but not encrypted.
  public let authenticatedData: [UInt8]
  /// What it says.
  public let body: Body

  /// Joins the parts.
  public init(
    groupID: [UInt8], epoch: UInt64, sender: Sender, authenticatedData: [UInt8], body: Body
  ) {
    self.groupID = groupID
    self.epoch = epoch
    self.sender = sender
    self.authenticatedData = authenticatedData
    self.body = body
  }

  /// Takes content from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    groupID = try input.readVector()
    epoch = try input.readUInt64()
    sender = try Sender(from: &input)
    authenticatedData = try input.readVector()
    body = try Body(type: try ContentType(from: &input), from: &input)
  }

  /// Writes the content.
  public func encode(to output: inout ByteWriter) {
    output.write(vector: groupID)
    output.write(epoch)
    output.write(sender)
    output.write(vector: authenticatedData)
    output.write(body.type)
    body.encode(to: &output)
  }
}

/// What authenticates content (RFC 9420 §6.1).
public struct FramedContentAuthData: Hashable, Sendable {
  /// SignWithLabel(., "FramedContentTBS", FramedContentTBS).
  public let signature: [UInt8]
  /// MAC(confirmation_key, confirmed_transcript_hash), for commits alone.
  public let confirmationTag: [UInt8]?

  /// Joins both parts.
  public init(signature: [UInt8], confirmationTag: [UInt8]?) {
    self.signature = signature
    self.confirmationTag = confirmationTag
  }

  init(type: ContentType, from input: inout Span<UInt8>) throws(DecodingFailure) {
    signature = try input.readVector()
    switch type {
    case .commit: confirmationTag = try input.readVector()
    case .application, .proposal: confirmationTag = nil
    }
  }

  func encode(to output: inout ByteWriter) {
    output.write(vector: signature)
    if let confirmationTag { output.write(vector: confirmationTag) }
  }
}

/// Content with what authenticates it (RFC 9420 §6). Nothing has been checked: see
/// `VerifiedContent`.
///
/// ```
/// struct {
///   WireFormat wire_format;
///   FramedContent content;
///   FramedContentAuthData auth;
/// } AuthenticatedContent;
/// ```
public struct AuthenticatedContent: Hashable, WireValue {
  /// How the content travels; the signature covers it.
  public let wireFormat: WireFormat
  /// What is said.
  public let content: FramedContent
  /// The signature and, for a commit, the confirmation tag.
  public let auth: FramedContentAuthData

  /// Joins the parts.
  public init(wireFormat: WireFormat, content: FramedContent, auth: FramedContentAuthData) {
    self.wireFormat = wireFormat
    self.content = content
    self.auth = auth
  }

  /// Takes content from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    wireFormat = try WireFormat(from: &input)
    content = try FramedContent(from: &input)
    auth = try FramedContentAuthData(type: content.body.type, from: &input)
  }

  /// Writes the content.
  public func encode(to output: inout ByteWriter) {
    output.write(wireFormat)
    output.write(content)
    auth.encode(to: &output)
  }
}

extension AuthenticatedContent {
  /// Signs content for one wire format.
  ///
  /// - Parameters:
  ///   - content: what is signed.
  ///   - wireFormat: how it will be framed; the signature holds for that only.
  ///   - suite: the group's.
  ///   - context: the encoded GroupContext of the epoch.
  ///   - signer: the key that belongs to the sender.
  public static func signed(
    _ content: FramedContent, wireFormat: WireFormat, suite: CipherSuite, context: [UInt8],
    signer: SignaturePrivateKey
  ) throws(MLSFailure) -> AuthenticatedContent {
    let unsigned = AuthenticatedContent(
      wireFormat: wireFormat, content: content,
      auth: FramedContentAuthData(signature: [], confirmationTag: nil))
    let signature = try suite.sign(
      privateKey: signer, label: "FramedContentTBS",
      content: unsigned.toBeSigned(context: context))
    return AuthenticatedContent(
      wireFormat: wireFormat, content: content,
      auth: FramedContentAuthData(signature: signature, confirmationTag: nil))
  }

  /// The same commit with its confirmation tag.
  public func confirmed(by tag: [UInt8]) -> AuthenticatedContent {
    AuthenticatedContent(
      wireFormat: wireFormat, content: content,
      auth: FramedContentAuthData(signature: auth.signature, confirmationTag: tag))
  }

  /// Checks the signature (RFC 9420 §6.1).
  ///
  /// - Throws: `invalidSignature`.
  public consuming func verified(
    suite: CipherSuite, signatureKey: [UInt8], context: [UInt8]
  ) throws(MLSFailure) -> VerifiedContent {
    guard
      suite.verify(
        publicKey: signatureKey, label: "FramedContentTBS",
        content: toBeSigned(context: context), signature: auth.signature)
    else { throw .invalidSignature }
    return VerifiedContent(unchecked: self)
  }

  /// ```
  /// struct {
  ///   ProtocolVersion version = mls10;
  ///   WireFormat wire_format;
  ///   FramedContent content;
  ///   select (…sender_type) { case member: case new_member_commit: GroupContext context; … };
  /// } FramedContentTBS;
  /// ```
  func toBeSigned(context: [UInt8]) -> [UInt8] {
    var output = ByteWriter(capacity: context.count + 256)
    output.write(ProtocolVersion.mls10)
    output.write(wireFormat)
    output.write(content)
    if content.sender.signsContext { output.write(raw: context) }
    return output.bytes
  }
}

/// Content whose signature verified under its sender's key. Only `AuthenticatedContent.verified`
/// makes one.
public struct VerifiedContent: Sendable {
  /// The content with its signature.
  public let authenticated: AuthenticatedContent

  /// What is said.
  public var content: FramedContent { authenticated.content }

  fileprivate init(unchecked authenticated: AuthenticatedContent) {
    self.authenticated = authenticated
  }
}
