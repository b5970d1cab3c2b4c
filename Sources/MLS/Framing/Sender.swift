// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Who sends a message (RFC 9420 §6).
///
/// ```
/// struct {
///   SenderType sender_type;
///   select (Sender.sender_type) {
///     case member:              uint32 leaf_index;
///     case external:            uint32 sender_index;
///     case new_member_commit:
///     case new_member_proposal: struct{};
///   };
/// } Sender;
/// ```
public enum Sender: Hashable, WireValue {
  /// A member, by its leaf.
  case member(LeafIndex)
  /// A party outside, by its place in external_senders (RFC 9420 §12.1.8.1).
  case external(UInt32)
  /// A client that proposes to add itself (RFC 9420 §12.1.8).
  case newMemberProposal
  /// A client that adds itself by an external commit (RFC 9420 §12.4.3.2).
  case newMemberCommit

  /// Takes a sender from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    switch try input.readUInt8() {
    case 1: self = .member(try LeafIndex(from: &input))
    case 2: self = .external(try input.readUInt32())
    case 3: self = .newMemberProposal
    case 4: self = .newMemberCommit
    default: throw .invalidValue(field: "sender type")
    }
  }

  /// Writes the sender.
  public func encode(to output: inout ByteWriter) {
    switch self {
    case .member(let leaf):
      output.write(UInt8(1))
      output.write(leaf)
    case .external(let index):
      output.write(UInt8(2))
      output.write(index)
    case .newMemberProposal: output.write(UInt8(3))
    case .newMemberCommit: output.write(UInt8(4))
    }
  }

  /// Whether the sender's signature covers the GroupContext (RFC 9420 §6.1).
  var signsContext: Bool {
    switch self {
    case .member, .newMemberCommit: true
    case .external, .newMemberProposal: false
    }
  }
}

/// `enum { application(1), proposal(2), commit(3) } ContentType` (RFC 9420 §6).
public enum ContentType: UInt8, WireValue {
  /// The application's own bytes.
  case application = 1
  /// A proposal.
  case proposal = 2
  /// A commit.
  case commit = 3

  /// Takes the number from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard let type = ContentType(rawValue: try input.readUInt8()) else {
      throw .invalidValue(field: "content type")
    }
    self = type
  }

  /// Writes the number.
  public func encode(to output: inout ByteWriter) { output.write(rawValue) }
}

/// `uint16 WireFormat` (RFC 9420 §17.2).
public enum WireFormat: UInt16, WireValue {
  /// A signed message in the clear.
  case publicMessage = 1
  /// A signed and encrypted message.
  case privateMessage = 2
  /// What a new member needs to join.
  case welcome = 3
  /// What describes a group to those outside.
  case groupInfo = 4
  /// What adds a client to a group.
  case keyPackage = 5

  /// Takes the number from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard let format = WireFormat(rawValue: try input.readUInt16()) else {
      throw .invalidValue(field: "wire format")
    }
    self = format
  }

  /// Writes the number.
  public func encode(to output: inout ByteWriter) { output.write(rawValue) }
}
