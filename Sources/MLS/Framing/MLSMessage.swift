// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// Any message of the protocol (RFC 9420 §6).
///
/// ```
/// struct {
///   ProtocolVersion version = mls10;
///   WireFormat wire_format;
///   select (MLSMessage.wire_format) { … };
/// } MLSMessage;
/// ```
public enum MLSMessage: Hashable, WireValue {
  /// A handshake message in the clear.
  case publicMessage(PublicMessage)
  /// An encrypted message.
  case privateMessage(PrivateMessage)
  /// What new members need to join.
  case welcome(Welcome)
  /// What describes a group to those outside.
  case groupInfo(GroupInfo)
  /// What adds a client to a group.
  case keyPackage(KeyPackage)

  /// The most bytes of one message that `init(bytes:)` looks at: 16 MiB.
  public static let bytesMax = 1 << 24

  /// Decodes a whole message.
  ///
  /// - Throws: `messageTooLarge` above `bytesMax`, `decoding`.
  public init(bytes: [UInt8]) throws(MLSFailure) {
    guard bytes.count <= MLSMessage.bytesMax else { throw .messageTooLarge }
    self = try MLSMessage.decode(bytes)
  }

  /// Takes a message from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try ProtocolVersion(from: &input) == .mls10 else {
      throw .invalidValue(field: "protocol version")
    }
    switch try WireFormat(from: &input) {
    case .publicMessage: self = .publicMessage(try PublicMessage(from: &input))
    case .privateMessage: self = .privateMessage(try PrivateMessage(from: &input))
    case .welcome: self = .welcome(try Welcome(from: &input))
    case .groupInfo: self = .groupInfo(try GroupInfo(from: &input))
    case .keyPackage: self = .keyPackage(try KeyPackage(from: &input))
    }
  }

  /// Writes the message.
  public func encode(to output: inout ByteWriter) {
    output.write(ProtocolVersion.mls10)
    output.write(wireFormat)
    switch self {
    case .publicMessage(let message): output.write(message)
    case .privateMessage(let message): output.write(message)
    case .welcome(let welcome): output.write(welcome)
    case .groupInfo(let groupInfo): output.write(groupInfo)
    case .keyPackage(let keyPackage): output.write(keyPackage)
    }
  }

  /// How the message travels.
  public var wireFormat: WireFormat {
    switch self {
    case .publicMessage: .publicMessage
    case .privateMessage: .privateMessage
    case .welcome: .welcome
    case .groupInfo: .groupInfo
    case .keyPackage: .keyPackage
    }
  }
}

extension WireValue {
  /// Decodes a value that must fill `bytes`, in the failure type of this target.
  static func decode(_ bytes: [UInt8]) throws(MLSFailure) -> Self {
    do {
      return try Self(decoding: bytes)
    } catch {
      throw .decoding(error)
    }
  }
}
