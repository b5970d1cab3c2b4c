// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A change that a commit may make (RFC 9420 §12.1).
///
/// ```
/// struct {
///   ProposalType proposal_type;
///   select (Proposal.proposal_type) { … };
/// } Proposal;
/// ```
public enum Proposal: Hashable, WireValue {
  /// Adds the client of the key package (RFC 9420 §12.1.1).
  case add(KeyPackage)
  /// Replaces the sender's leaf (RFC 9420 §12.1.2).
  case update(LeafNode)
  /// Removes the member at the leaf (RFC 9420 §12.1.3).
  case remove(LeafIndex)
  /// Mixes a pre-shared key into the key schedule (RFC 9420 §12.1.4).
  case preSharedKey(PreSharedKeyID)
  /// Ends the group in favour of a new one (RFC 9420 §12.1.5).
  case reInit(ReInit)
  /// The KEM output of an external joiner (RFC 9420 §12.1.6).
  case externalInit(kemOutput: [UInt8])
  /// Replaces the extensions of the GroupContext (RFC 9420 §12.1.7).
  case groupContextExtensions([Extension])
  /// Removes the sender: sent as a PublicMessage, committed by reference alone, by external joiners
  /// too (draft-ietf-mls-extensions, SelfRemove).
  case selfRemove

  /// The parameters of the group that follows (RFC 9420 §12.1.5).
  public struct ReInit: Hashable, WireValue {
    /// The new group's id.
    public let groupID: [UInt8]
    /// The new group's version.
    public let version: ProtocolVersion
    /// The new group's suite.
    public let cipherSuite: CipherSuite
    /// The new group's context extensions.
    public let extensions: [Extension]

    /// Joins the parameters.
    public init(
      groupID: [UInt8], version: ProtocolVersion, cipherSuite: CipherSuite,
      extensions: [Extension]
    ) {
      self.groupID = groupID
      self.version = version
      self.cipherSuite = cipherSuite
      self.extensions = extensions
    }

    /// Takes the parameters from the front of `input`.
    public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
      groupID = try input.readVector()
      version = try ProtocolVersion(from: &input)
      cipherSuite = try CipherSuite(from: &input)
      extensions = try input.readExtensions()
    }

    /// Writes the parameters.
    public func encode(to output: inout ByteWriter) {
      output.write(vector: groupID)
      output.write(version)
      output.write(cipherSuite)
      output.write(list: extensions)
    }
  }

  /// The type's registered number.
  public var type: ProposalType {
    switch self {
    case .add: .add
    case .update: .update
    case .remove: .remove
    case .preSharedKey: .psk
    case .reInit: .reInit
    case .externalInit: .externalInit
    case .groupContextExtensions: .groupContextExtensions
    case .selfRemove: .selfRemove
    }
  }

  /// Whether a commit that covers the proposal needs a path (RFC 9420 §12.4).
  public var requiresPath: Bool {
    switch self {
    case .add, .preSharedKey, .reInit: false
    case .update, .remove, .externalInit, .groupContextExtensions, .selfRemove: true
    }
  }

  /// Takes a proposal from the front of `input`. A proposal has no length of its own, so an
  /// unknown type ends the decoding.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    self = try Proposal(type: try ProposalType(from: &input), bodyFrom: &input)
  }

  /// Writes type and body.
  public func encode(to output: inout ByteWriter) {
    output.write(type)
    encodeBody(to: &output)
  }

  /// Takes the body of a proposal whose type is known.
  package init(
    type: ProposalType, bodyFrom input: inout Span<UInt8>
  ) throws(DecodingFailure) {
    switch type {
    case .add: self = .add(try KeyPackage(from: &input))
    case .update: self = .update(try LeafNode(from: &input))
    case .remove: self = .remove(try LeafIndex(from: &input))
    case .psk: self = .preSharedKey(try PreSharedKeyID(from: &input))
    case .reInit: self = .reInit(try ReInit(from: &input))
    case .externalInit: self = .externalInit(kemOutput: try input.readVector())
    case .groupContextExtensions: self = .groupContextExtensions(try input.readExtensions())
    case .selfRemove: self = .selfRemove
    default: throw .invalidValue(field: "proposal type")
    }
  }

  /// Writes the body alone.
  package func encodeBody(to output: inout ByteWriter) {
    switch self {
    case .add(let keyPackage): output.write(keyPackage)
    case .update(let leaf): output.write(leaf)
    case .remove(let leaf): output.write(leaf)
    case .preSharedKey(let id): output.write(id)
    case .reInit(let parameters): output.write(parameters)
    case .externalInit(let kemOutput): output.write(vector: kemOutput)
    case .groupContextExtensions(let extensions): output.write(list: extensions)
    case .selfRemove: break
    }
  }
}

/// The hash by which a commit refers to a proposal that was sent before (RFC 9420 §5.2).
public struct ProposalRef: Hashable, WireValue {
  /// The hash.
  public let bytes: [UInt8]

  /// Takes a hash.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Hashes the content in which the proposal was sent.
  init(_ content: AuthenticatedContent, suite: CipherSuite) {
    bytes = suite.refHash(label: "MLS 1.0 Proposal Reference", value: content.encoded)
  }

  /// Takes a vector.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    bytes = try input.readVector()
  }

  /// Writes a vector.
  public func encode(to output: inout ByteWriter) { output.write(vector: bytes) }
}

/// A proposal in a commit, whole or by its hash (RFC 9420 §12.4).
///
/// ```
/// struct {
///   ProposalOrRefType type;
///   select (ProposalOrRef.type) {
///     case proposal:  Proposal proposal;
///     case reference: ProposalRef reference;
///   };
/// } ProposalOrRef;
/// ```
public enum ProposalOrRef: Hashable, WireValue {
  /// The committer's own proposal.
  case proposal(Proposal)
  /// A proposal that was sent in this epoch.
  case reference(ProposalRef)

  /// Takes either from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    switch try input.readUInt8() {
    case 1: self = .proposal(try Proposal(from: &input))
    case 2: self = .reference(try ProposalRef(from: &input))
    default: throw .invalidValue(field: "proposal or reference")
    }
  }

  /// Writes either.
  public func encode(to output: inout ByteWriter) {
    switch self {
    case .proposal(let proposal):
      output.write(UInt8(1))
      output.write(proposal)
    case .reference(let reference):
      output.write(UInt8(2))
      output.write(reference)
    }
  }
}

/// What begins a new epoch (RFC 9420 §12.4).
///
/// ```
/// struct {
///   ProposalOrRef proposals<V>;
///   optional<UpdatePath> path;
/// } Commit;
/// ```
public struct Commit: Hashable, WireValue {
  /// The most proposals that a commit may cover: as many as a tree has leaves.
  public static let proposalCountMax = LeafCount.max.rawValue

  /// What the commit covers, in the order that counts.
  public let proposals: [ProposalOrRef]
  /// Fresh keys along the committer's path.
  public let path: UpdatePath?

  /// Joins both parts.
  public init(proposals: [ProposalOrRef], path: UpdatePath?) {
    self.proposals = proposals
    self.path = path
  }

  /// Takes a commit from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    proposals = try input.readList(maximumCount: Commit.proposalCountMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try ProposalOrRef(from: &input)
    }
    path = try input.readOptional {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try UpdatePath(from: &input)
    }
  }

  /// Writes the commit.
  public func encode(to output: inout ByteWriter) {
    output.write(list: proposals)
    output.write(optional: path)
  }
}
