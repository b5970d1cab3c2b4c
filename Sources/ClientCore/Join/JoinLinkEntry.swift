// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
public import SansIO

/// A way into a group for those who were given a link, as the group's state keeps it
/// (join-links.md). All members see it, and so all of them can hand the link on.
///
/// ```
/// struct {
///   uint8 seed[32];       // everything about the link derives from it
///   uint64 expires_ms;    // 0: never
///   uint32 uses;          // how many more may come in by it; 0xffffffff: any number
///   uint8 approval;       // 1: somebody who may add people says yes to each
/// } JoinLinkEntry;
/// ```
public struct JoinLinkEntry: WireValue, Hashable, CustomStringConvertible {
  static let seedLength = 32
  /// Bytes of a link's number.
  static let idLength = 16
  /// Stands for any number of uses.
  static let unlimited = UInt32.max

  let seed: [UInt8]
  /// When it ends; nil: never.
  let expires: Instant?
  /// How many more may come in by it.
  var uses: UInt32
  /// Whether somebody who may add people has to say yes.
  let needsApproval: Bool

  /// Nothing of the secret.
  public var description: String { "JoinLinkEntry" }

  init(seed: [UInt8], expires: Instant?, uses: UInt32, needsApproval: Bool) {
    self.seed = seed
    self.expires = expires
    self.uses = uses
    self.needsApproval = needsApproval
  }

  /// Takes the structure above.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    seed = try input.readBytes(Self.seedLength)
    let milliseconds = try input.readUInt64()
    guard let expires = Int64(exactly: milliseconds) else {
      throw .invalidValue(field: "join link expiry")
    }
    self.expires = expires == 0 ? nil : Instant(milliseconds: expires)
    uses = try input.readUInt32()
    needsApproval = try input.readFlag(field: "join link approval")
  }

  /// Appends the structure above.
  public func encode(to output: inout ByteWriter) {
    output.write(raw: seed)
    output.write(UInt64(bitPattern: expires?.milliseconds ?? 0))
    output.write(uses)
    output.write(UInt8(needsApproval ? 1 : 0))
  }

  /// Whether somebody may come in by it now.
  func isOpen(at now: Instant) -> Bool { uses > 0 && expires.map { now < $0 } ?? true }

  /// One use less.
  var used: JoinLinkEntry {
    var copy = self
    if copy.uses != Self.unlimited { copy.uses -= 1 }
    return copy
  }

  /// What programs name it by; no secret. 16 bytes.
  var linkID: [UInt8] {
    ProductGroup.suite.expandWithLabel(
      Secret(seed), label: "join id", context: [], length: Self.idLength
    )
    .copyBytes()
  }

  /// The key pair to whose public half requests are sealed: whoever has the link alone cannot read
  /// what others asked.
  ///
  /// - Throws: an `MLSFailure` when the platform gives no keys.
  func keyPair() throws(MLSFailure) -> HPKEKeyPair {
    try ProductGroup.suite.deriveHPKEKeyPair(
      inputKeyMaterial: ProductGroup.suite.expandWithLabel(
        Secret(seed), label: "join key", context: [], length: 32))
  }

  /// The link to this group.
  ///
  /// - Throws: as `keyPair`.
  func link(to room: RoomReference) throws(MLSFailure) -> JoinLink {
    JoinLink(
      room: room,
      secret: ProductGroup.suite.expandWithLabel(
        Secret(seed), label: "join link", context: [], length: JoinLink.secretLength),
      keyHash: Fingerprint(hashing: try keyPair().publicKey))
  }
}
