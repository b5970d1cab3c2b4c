// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
package import SansIO

/// What every group of the product has in common.
enum ProductGroup {
  /// The one suite: hybrid post-quantum. Another is refused, so nothing can be downgraded.
  static let suite = CipherSuite.mlkem768X25519AES256GCMSHA384Ed25519
  /// The name that people see.
  static let suiteName = "MLKEM768X25519_AES256GCM_SHA384_Ed25519"
  /// `sotto_conversation`, in the private range of RFC 9420 §17.3.
  static let conversationExtension = ExtensionType(rawValue: 0xF0C1)
  /// `sotto_room`, in the private range of RFC 9420 §17.3.
  static let roomExtension = ExtensionType(rawValue: 0xF0C2)
  /// `sotto_tree`, in the private range of RFC 9420 §17.3; of a GroupInfo, where who does not know
  /// it ignores it.
  static let treeExtension = ExtensionType(rawValue: 0xF0C3)
  /// Bytes of a group's identifier.
  static let groupIDLength = 32

  /// No honest group comes this far; above it a peer is after an overflow.
  static let epochMax: UInt64 = 1 << 48

  /// What our leaves support.
  static let capabilities = Capabilities(
    cipherSuites: [suite], extensions: [conversationExtension, roomExtension, .lastResort],
    credentials: [.basic])

  /// Every member has to know both extensions (RFC 9420 §11.1).
  static let required = RequiredCapabilities(
    extensionTypes: [conversationExtension, roomExtension], credentialTypes: [.basic])

  /// The extensions of a new group's context.
  static func contextExtensions(
    _ context: ConversationContext, _ room: RoomState
  ) -> [Extension] {
    [
      Extension(type: .requiredCapabilities, required),
      Extension(type: conversationExtension, context),
      Extension(type: roomExtension, room),
    ]
  }

  /// Whether a group that was made elsewhere follows the product's rules, and what it says of its
  /// conversation.
  static func context(of group: Group) -> ConversationContext? {
    guard group.suite == suite, group.groupID.count == groupIDLength, group.epoch < epochMax
    else { return nil }
    return context(of: group.contextExtensions)
  }

  /// What a list of extensions says of the conversation; nil when it is none of the product's.
  static func context(of extensions: [Extension]) -> ConversationContext? {
    guard extensions.count == 3, extensions.data(of: .requiredCapabilities) == required.encoded,
      let data = extensions.data(of: conversationExtension), room(of: extensions) != nil
    else { return nil }
    return try? ConversationContext(decoding: data)
  }

  /// What a list of extensions says that the members agree on; nil when it does not decode.
  static func room(of extensions: [Extension]) -> RoomState? {
    extensions.data(of: roomExtension).flatMap { try? RoomState(decoding: $0) }
  }
}

/// What the members of a group agree on beside MLS: an authenticated extension of its context.
///
/// ```
/// struct {
///   uint8 ver = 1;
///   uint8 routing_id[32];
///   uint32 gsk_version;
///   uint8 gsk[32];
///   uint32 generation;
/// } ConversationContext;
/// ```
package struct ConversationContext: WireValue, Equatable {
  private static let formatVersion: UInt8 = 1
  static let routingIDLength = 32
  static let groupStateKeyLength = 32

  /// The log's name on the server.
  let routingID: [UInt8]
  /// Counts the group state keys.
  let groupStateKeyVersion: UInt32
  /// The group state key (GSK): seals the GroupInfo that the server keeps.
  let groupStateKey: Secret
  /// A group that replaces another of the same conversation has one more than it.
  let generation: UInt32

  /// A new log and a new key.
  package init(generation: UInt32, using entropy: inout some RandomNumberGenerator) {
    routingID = entropy.bytes(Self.routingIDLength)
    groupStateKeyVersion = 1
    groupStateKey = Secret(count: Self.groupStateKeyLength, using: &entropy)
    self.generation = generation
  }

  private init(
    routingID: [UInt8], groupStateKeyVersion: UInt32, groupStateKey: Secret, generation: UInt32
  ) {
    self.routingID = routingID
    self.groupStateKeyVersion = groupStateKeyVersion
    self.groupStateKey = groupStateKey
    self.generation = generation
  }

  /// The same log with the next group state key: whoever goes out must not have it any more.
  func rekeyed(using entropy: inout some RandomNumberGenerator) -> ConversationContext {
    ConversationContext(
      routingID: routingID, groupStateKeyVersion: groupStateKeyVersion &+ 1,
      groupStateKey: Secret(count: Self.groupStateKeyLength, using: &entropy),
      generation: generation)
  }

  /// Takes the extension's data.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "conversation context format")
    }
    routingID = try input.readBytes(Self.routingIDLength)
    groupStateKeyVersion = try input.readUInt32()
    groupStateKey = Secret(try input.readBytes(Self.groupStateKeyLength))
    generation = try input.readUInt32()
  }

  /// Appends the extension's data.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(raw: routingID)
    output.write(groupStateKeyVersion)
    output.write(raw: groupStateKey.copyBytes())
    output.write(generation)
  }
}

extension Group {
  private static let logTokenLabel = "sotto log"
  private static let logTokenLength = 32

  /// The right to the log in this epoch (DESIGN §3).
  func logToken(routingID: [UInt8]) -> Secret {
    export(label: Group.logTokenLabel, context: routingID, length: Group.logTokenLength)
  }

  /// What a commit hands in for the epoch that it begins.
  static func nextTokenHash(_ staged: StagedCommit, routingID: [UInt8]) -> [UInt8]? {
    staged.exportFromNextEpoch(label: logTokenLabel, context: routingID, length: logTokenLength)
      .map { tokenHash($0) }
  }

  /// What the server holds of a token.
  static func tokenHash(_ token: Secret) -> [UInt8] {
    Fingerprint(hashing: token.copyBytes()).bytes
  }
}
