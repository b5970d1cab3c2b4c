// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
package import SansIO

/// What two devices of an account say to each other about history, in the order of their log
/// (history.md).
///
/// ```
/// struct {
///   uint8 ver = 1; uint8 type; uint32 number;
///   select (type) {
///     case 1: SealedBlob segment; uint32 messages;       // the next segment
///     case 2: uint64 messages;                           // that was all
///     case 3: uint64 messages; uint64 missing;           // all of it was taken in
///   }
/// } HistoryMessage;
/// ```
package struct HistoryMessage: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1

  /// What is said.
  package enum Body: Hashable, Sendable {
    /// The next lines lie with the server.
    case segment(SealedBlob, messages: UInt32)
    /// There are no more.
    case end(messages: UInt64)
    /// All of them were taken in, but for these.
    case taken(messages: UInt64, missing: UInt64)
  }

  /// Counts up over everything that the giving device says; an answer has the number of what it
  /// answers.
  package let number: UInt32
  /// See `Body`.
  package let body: Body

  init(_ number: UInt32, _ body: Body) {
    self.number = number
    self.body = body
  }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "history message format")
    }
    let type = try input.readUInt8()
    number = try input.readUInt32()
    switch type {
    case 1:
      let blob = try SealedBlob(from: &input)
      body = .segment(blob, messages: try input.readUInt32())
    case 2: body = .end(messages: try input.readUInt64())
    case 3:
      let messages = try input.readUInt64()
      body = .taken(messages: messages, missing: try input.readUInt64())
    default: throw .invalidValue(field: "history message type")
    }
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    switch body {
    case .segment(let blob, let messages):
      output.write(UInt8(1))
      output.write(number)
      output.write(blob)
      output.write(messages)
    case .end(let messages):
      output.write(UInt8(2))
      output.write(number)
      output.write(messages)
    case .taken(let messages, let missing):
      output.write(UInt8(3))
      output.write(number)
      output.write(messages)
      output.write(missing)
    }
  }
}

/// The log over which two devices of an account speak about history. Its name, its right and its
/// keys come from a secret that linking has left to both.
struct HistoryChannel {
  private static let secretLength = 32
  let secret: Secret

  init(secret: Secret) { self.secret = secret }

  /// What linking leaves: nobody knows it who has not opened the grant.
  init(grant: Secret, offer: LinkOffer) {
    let both = ProductGroup.suite.extract(salt: offer.key, inputKeyMaterial: grant)
    secret = ProductGroup.suite.expandWithLabel(
      both, label: "link history", context: offer.helloHash.bytes, length: Self.secretLength)
  }

  /// The log's name.
  var logID: [UInt8] {
    derived("history name", [], ConversationContext.routingIDLength).copyBytes()
  }

  /// The right to it.
  var access: LogAccess {
    LogAccess(logID: logID, epoch: 0, token: derived("history log", [], 32))
  }

  /// Seals a message. The same one under the same submit id is the same bytes: one that is said
  /// again after a crash is not another.
  func seal(_ message: HistoryMessage, submitID: [UInt8]) throws(MLSFailure) -> [UInt8] {
    let nonce = derived("history nonce", submitID, ProductGroup.suite.aeadNonceLength).copyBytes()
    return nonce
      + (try ProductGroup.suite.seal(
        key: derived("history key", [], ProductGroup.suite.aeadKeyLength), nonce: nonce,
        authenticating: logID, plaintext: message.encoded))
  }

  /// Opens one; `nil` when it is none.
  func open(_ body: [UInt8]) -> HistoryMessage? {
    let length = ProductGroup.suite.aeadNonceLength
    guard body.count > length,
      let plaintext = try? ProductGroup.suite.open(
        key: derived("history key", [], ProductGroup.suite.aeadKeyLength),
        nonce: Array(body.prefix(length)), authenticating: logID,
        ciphertext: Array(body.dropFirst(length)))
    else { return nil }
    return try? HistoryMessage(decoding: plaintext)
  }

  /// The submit id of what is said about no blob.
  func submitID(_ kind: String, _ number: UInt32) -> [UInt8] {
    var context = ByteWriter()
    context.write(number)
    return derived("history " + kind, context.bytes, 16).copyBytes()
  }

  private func derived(_ label: String, _ context: [UInt8], _ length: Int) -> Secret {
    ProductGroup.suite.expandWithLabel(secret, label: label, context: context, length: length)
  }
}
