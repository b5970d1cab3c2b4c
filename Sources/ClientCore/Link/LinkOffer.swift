// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// What a device that wants to be linked shows: where to meet it, and the secret that only those
/// know who have seen it (linking.md).
///
/// `sotto-link:v1.LOG.HASH.KEY`, each base64url without padding.
struct LinkOffer: Equatable {
  private static let prefix = "sotto-link:v1."
  static let keyLength = 32

  /// The log on which both meet.
  let logID: [UInt8]
  /// The hash of the hello that the new device sends.
  let helloHash: Fingerprint
  /// What all messages are sealed under.
  let key: Secret

  init(logID: [UInt8], helloHash: Fingerprint, key: Secret) {
    self.logID = logID
    self.helloHash = helloHash
    self.key = key
  }

  /// Takes the text; nil when it is none.
  init?(_ text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    let parts = text.utf8.dropFirst(Self.prefix.utf8.count)
      .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let log = Base64URL.decode(parts[0]),
      log.count == ConversationContext.routingIDLength,
      let hash = Base64URL.decode(parts[1]).flatMap({ Fingerprint($0) }),
      let key = Base64URL.decode(parts[2]), key.count == Self.keyLength
    else { return nil }
    logID = log
    helloHash = hash
    self.key = Secret(key)
  }

  /// The text, which is a secret.
  var text: String {
    [logID, helloHash.bytes, key.copyBytes()].map(Base64URL.encode).joined(separator: ".")
      .withPrefix(Self.prefix)
  }

  /// The right to the log.
  var access: LogAccess {
    LogAccess(logID: logID, epoch: 0, token: derived("link log", 32))
  }

  /// Seals a message of one kind.
  func seal(
    _ message: some WireValue, _ step: LinkStep, using entropy: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    let nonce = entropy.bytes(ProductGroup.suite.aeadNonceLength)
    return nonce
      + (try ProductGroup.suite.seal(
        key: derived(step.label, ProductGroup.suite.aeadKeyLength), nonce: nonce,
        authenticating: logID, plaintext: message.encoded))
  }

  /// Opens a message of one kind; nil when it is none.
  func open<Message: WireValue>(_ body: [UInt8], _ step: LinkStep) -> Message? {
    let length = ProductGroup.suite.aeadNonceLength
    guard body.count > length,
      let plaintext = try? ProductGroup.suite.open(
        key: derived(step.label, ProductGroup.suite.aeadKeyLength),
        nonce: Array(body.prefix(length)), authenticating: logID,
        ciphertext: Array(body.dropFirst(length)))
    else { return nil }
    return try? Message(decoding: plaintext)
  }

  /// Six digits over everything that both have said: equal only when nobody stands between.
  func code(_ hello: LinkHello, _ account: LinkAccount, _ proof: LinkProof) -> String {
    var transcript = ByteWriter()
    transcript.write(vector: hello.encoded)
    transcript.write(vector: account.encoded)
    transcript.write(raw: proof.nonce)
    let hash = Fingerprint(hashing: transcript.bytes)
    let bytes = ProductGroup.suite.expandWithLabel(
      key, label: "link code", context: hash.bytes, length: 8
    ).copyBytes()
    let number = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 1_000_000
    let digits = String(number)
    return String(repeating: "0", count: 6 - digits.count) + digits
  }

  private func derived(_ label: String, _ length: Int) -> Secret {
    ProductGroup.suite.expandWithLabel(key, label: label, context: logID, length: length)
  }
}

/// The messages of linking, in their order.
enum LinkStep: UInt8, Sendable {
  case hello = 1
  case account
  case proof
  case grant

  var label: String { "link \(rawValue)" }
}

extension String {
  fileprivate func withPrefix(_ prefix: String) -> String { prefix + self }
}
