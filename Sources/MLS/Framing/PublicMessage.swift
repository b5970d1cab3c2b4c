// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A signed message in the clear (RFC 9420 §6.2).
///
/// ```
/// struct {
///   FramedContent content;
///   FramedContentAuthData auth;
///   select (PublicMessage.content.sender.sender_type) {
///     case member: MAC membership_tag;
///     …
///   };
/// } PublicMessage;
/// ```
public struct PublicMessage: Hashable, WireValue {
  /// What is said; nothing has been checked.
  public let content: FramedContent
  /// The signature and, for a commit, the confirmation tag.
  public let auth: FramedContentAuthData
  /// The proof of membership, for senders who are members.
  public let membershipTag: [UInt8]?

  /// Takes a message from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    content = try FramedContent(from: &input)
    auth = try FramedContentAuthData(type: content.body.type, from: &input)
    switch content.sender {
    case .member: membershipTag = try input.readVector()
    case .external, .newMemberProposal, .newMemberCommit: membershipTag = nil
    }
  }

  /// Writes the message.
  public func encode(to output: inout ByteWriter) {
    output.write(content)
    auth.encode(to: &output)
    if let membershipTag { output.write(vector: membershipTag) }
  }

  /// The content as its sender signed it. A client that is no member yet cannot check the tag.
  var authenticated: AuthenticatedContent {
    AuthenticatedContent(wireFormat: .publicMessage, content: content, auth: auth)
  }
}

extension PublicMessage {
  /// Protects signed content.
  ///
  /// - Parameters:
  ///   - signed: content that was signed for a PublicMessage.
  ///   - suite: the group's.
  ///   - membershipKey: of the epoch; it counts for members only.
  ///   - context: the encoded GroupContext of the epoch.
  /// - Throws: `applicationDataInPublicMessage`, `contentTypeMismatch` for content that was signed
  ///   for another wire format.
  public init(
    protecting signed: AuthenticatedContent, suite: CipherSuite, membershipKey: Secret,
    context: [UInt8]
  ) throws(MLSFailure) {
    if case .application = signed.content.body { throw .applicationDataInPublicMessage }
    guard signed.wireFormat == .publicMessage else { throw .contentTypeMismatch }
    content = signed.content
    auth = signed.auth
    switch content.sender {
    case .member:
      membershipTag = suite.mac(
        key: membershipKey, data: PublicMessage.toBeMACed(signed, context: context))
    case .external, .newMemberProposal, .newMemberCommit:
      membershipTag = nil
    }
  }

  /// Checks the membership tag; the signature remains to be checked (RFC 9420 §6.2).
  ///
  /// - Throws: `applicationDataInPublicMessage`, `invalidMembershipTag`.
  public consuming func unprotected(
    suite: CipherSuite, membershipKey: Secret, context: [UInt8]
  ) throws(MLSFailure) -> AuthenticatedContent {
    if case .application = content.body { throw .applicationDataInPublicMessage }
    let authenticated = authenticated
    if let membershipTag {
      guard
        suite.verifyMAC(
          membershipTag, key: membershipKey,
          data: PublicMessage.toBeMACed(authenticated, context: context))
      else { throw .invalidMembershipTag }
    }
    return authenticated
  }

  /// `AuthenticatedContentTBM`: the signed bytes, then the auth data.
  private static func toBeMACed(
    _ authenticated: AuthenticatedContent, context: [UInt8]
  ) -> [UInt8] {
    var output = ByteWriter(capacity: context.count + 512)
    output.write(raw: authenticated.toBeSigned(context: context))
    authenticated.auth.encode(to: &output)
    return output.bytes
  }
}
