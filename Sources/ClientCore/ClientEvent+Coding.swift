// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The stored form of what happened: a tag of one byte, then the fields in their order.
extension ClientEvent.Kind: WireValue {
  /// Takes the stored form.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let tag = try input.readUInt8()
    switch tag {
    case 1: self = .messageReceived(try input.readMessage(isReply: false))
    case 2:
      let messageID = try input.readVector()
      guard let state = MessageState(rawValue: try input.readText()) else {
        throw .invalidValue(field: "message state")
      }
      let failure = try input.readOptionalFailureCode()
      self = .messageStateChanged(messageID: messageID, state: state, failure: failure)
    case 3: self = .conversationStarted(byPeer: try input.readFlag(field: "by peer"))
    case 4:
      let epoch = try input.readUInt64()
      self = .conversationRekeyed(epoch: epoch, byPeer: try input.readFlag(field: "by peer"))
    case 5: self = .conversationRestarted(try input.readFailureCode())
    case 6: self = .conversationBlocked(try input.readFailureCode())
    case 7:
      guard let notice = IdentityNotice(rawValue: try input.readText()) else {
        throw .invalidValue(field: "identity notice")
      }
      self = .identityNotice(notice)
    case 8: self = .undecryptable(logSeq: try input.readUInt64())
    case 9:
      let after = try input.readUInt64()
      self = .gap(after: after, upTo: try input.readUInt64())
    case 10:
      let messageID = try input.readVector()
      let text = try input.readText()
      self = .messageEdited(
        messageID: messageID, text: text, byPeer: try input.readFlag(field: "by peer"))
    case 11:
      let messageID = try input.readVector()
      self = .messageDeleted(
        messageID: messageID, byPeer: try input.readFlag(field: "by peer"))
    case 12:
      let messageID = try input.readVector()
      let sender = try input.readText()
      let reaction = try input.readText()
      self = .reactionChanged(
        messageID: messageID, sender: sender, reaction: reaction,
        added: try input.readFlag(field: "added"))
    case 13: self = .messageReceived(try input.readMessage(isReply: true))
    case Self.specialTag: try self.init(special: &input)
    case 82:
      let messageID = try input.readVector()
      let sender = try input.readText()
      self = .pollChanged(
        messageID: messageID, sender: sender, ended: try input.readFlag(field: "ended"))
    case 81:
      let messageID = try input.readVector()
      let sender = try input.readText()
      self = .pinChanged(
        messageID: messageID, sender: sender, pinned: try input.readFlag(field: "pinned"))
    case Self.previewTag: try self.init(previewing: &input)
    case Self.mediaTag: try self.init(showing: &input)
    case Self.keepTag: try self.init(keeping: &input)
    case Self.ownDeviceTag: try self.init(ownDevice: &input)
    case Self.mentionTag: try self.init(mentioning: &input)
    case 60: self = .messageReceived(try input.readTimedMessage())
    case 70: self = .messageReceived(try input.readMessageWithFiles())
    case 61: self = .messageExpired(messageID: try input.readVector())
    case 30: self = .requestReceived(sender: try input.readText())
    case 20: self = .roomChanged(try RoomNotice(from: &input))
    default: self = try input.readHistoryEvent(tag)
    }
  }

  /// Appends the stored form.
  public func encode(to output: inout ByteWriter) {
    if encodeMedia(to: &output) || encodePreview(to: &output) { return }
    if encodeSpecial(to: &output) || encodeMentions(to: &output) { return }
    switch self {
    case .messageReceived(let message): encode(message, to: &output)
    case .messageStateChanged(let messageID, let state, let failure):
      output.write(UInt8(2))
      output.write(vector: messageID)
      output.write(text: state.rawValue)
      output.write(text: failure?.rawValue ?? "")
    case .requestReceived(let sender):
      output.write(UInt8(30))
      output.write(text: sender)
    case .conversationStarted(let byPeer):
      output.write(UInt8(3))
      output.write(UInt8(byPeer ? 1 : 0))
    case .conversationRekeyed(let epoch, let byPeer):
      output.write(UInt8(4))
      output.write(epoch)
      output.write(UInt8(byPeer ? 1 : 0))
    case .conversationRestarted(let code):
      output.write(UInt8(5))
      output.write(text: code.rawValue)
    case .conversationBlocked(let code):
      output.write(UInt8(6))
      output.write(text: code.rawValue)
    case .identityNotice(let notice):
      output.write(UInt8(7))
      output.write(text: notice.rawValue)
    case .undecryptable(let logSeq):
      output.write(UInt8(8))
      output.write(logSeq)
    case .gap(let after, let upTo):
      output.write(UInt8(9))
      output.write(after)
      output.write(upTo)
    case .messageEdited(let messageID, let text, let byPeer, _):
      output.write(UInt8(10))
      output.write(vector: messageID)
      output.write(text: text)
      output.write(UInt8(byPeer ? 1 : 0))
    case .messageDeleted(let messageID, let byPeer):
      output.write(UInt8(11))
      output.write(vector: messageID)
      output.write(UInt8(byPeer ? 1 : 0))
    case .reactionChanged(let messageID, let sender, let reaction, let added):
      output.write(UInt8(12))
      output.write(vector: messageID)
      output.write(text: sender)
      output.write(text: reaction)
      output.write(UInt8(added ? 1 : 0))
    case .pollChanged(let messageID, let sender, let ended):
      output.writeChange(82, of: messageID, by: sender, ended)
    case .pinChanged(let messageID, let sender, let pinned):
      output.writeChange(81, of: messageID, by: sender, pinned)
    case .keepChanged(let messageID, let sender, let change):
      Self.encodeKeeping(messageID, sender, change, to: &output)
    case .ownDeviceChanged(let deviceID, let change, let name):
      Self.encodeOwnDevice(deviceID, change, name, to: &output)
    case .messageExpired(let messageID):
      output.write(UInt8(61))
      output.write(vector: messageID)
    case .roomChanged(let notice):
      output.write(UInt8(20))
      output.write(notice)
    case .historyReceived(let messages, let missing):
      output.writeHistoryEvent(90, messages, missing)
    case .historyGiven(let device, let count): output.writeHistoryEvent(91, UInt64(device), count)
    }
  }
}

extension ByteWriter {
  /// Somebody has changed something about a message, to yes or no.
  fileprivate mutating func writeChange(
    _ tag: UInt8, of messageID: [UInt8], by sender: String, _ isSo: Bool
  ) {
    write(tag)
    write(vector: messageID)
    write(text: sender)
    write(UInt8(isSo ? 1 : 0))
  }
}

extension ClientEvent.Kind {
  private func encode(_ message: ClientEvent.Message, to output: inout ByteWriter) {
    if !message.attachments.isEmpty { return encodeWithFiles(message, to: &output) }
    if let timer = message.timer { return encode(message, timer: timer, to: &output) }
    // An answer has a tag of its own, so that events of earlier versions can be read.
    output.write(UInt8(message.inReplyTo.isEmpty ? 1 : 13))
    output.write(vector: message.messageID)
    output.write(text: message.sender)
    output.write(text: message.text)
    output.write(UInt64(bitPattern: message.acceptedAt.milliseconds))
    if !message.inReplyTo.isEmpty { output.write(vector: message.inReplyTo) }
  }

  private func encode(
    _ message: ClientEvent.Message, timer: MessageTimer, to output: inout ByteWriter
  ) {
    output.write(UInt8(60))
    output.write(vector: message.messageID)
    output.write(text: message.sender)
    output.write(text: message.text)
    output.write(UInt64(bitPattern: message.acceptedAt.milliseconds))
    output.write(vector: message.inReplyTo)
    output.write(timer)
  }
}

extension ClientEvent.Kind {
  private func encodeWithFiles(_ message: ClientEvent.Message, to output: inout ByteWriter) {
    output.write(UInt8(70))
    output.write(UInt8(message.attachments.count))
    for file in message.attachments {
      output.write(text: file.name)
      output.write(text: file.contentType)
      output.write(file.size)
    }
    let plain = ClientEvent.Message(
      messageID: message.messageID, sender: message.sender, text: message.text,
      acceptedAt: message.acceptedAt, inReplyTo: message.inReplyTo, timer: message.timer)
    output.write(ClientEvent.Kind.messageReceived(plain))
  }
}

extension Span where Element == UInt8 {
  fileprivate mutating func readMessageWithFiles() throws(DecodingFailure) -> ClientEvent.Message {
    let count = try readUInt8()
    guard (1...UInt8(ClientLimits.attachmentsMax)).contains(count) else {
      throw .invalidValue(field: "attachments")
    }
    var files: [AttachmentReport] = []
    for _ in 0..<count {
      let name = try readText()
      let contentType = try readText()
      files.append(
        AttachmentReport(name: name, contentType: contentType, size: try readUInt64()))
    }
    // The rest is the form of a message without files.
    guard !isEmpty, [1, 13, 60].contains(self[0]) else {
      throw .invalidValue(field: "attachments")
    }
    guard case .messageReceived(let plain) = try ClientEvent.Kind(from: &self),
      plain.attachments.isEmpty
    else { throw .invalidValue(field: "attachments") }
    return ClientEvent.Message(
      messageID: plain.messageID, sender: plain.sender, text: plain.text,
      acceptedAt: plain.acceptedAt, inReplyTo: plain.inReplyTo, timer: plain.timer,
      attachments: files)
  }

  fileprivate mutating func readTimedMessage() throws(DecodingFailure) -> ClientEvent.Message {
    let messageID = try readVector()
    let sender = try readText()
    let text = try readText()
    let acceptedAt = Instant(milliseconds: Int64(bitPattern: try readUInt64()))
    let inReplyTo = try readVector()
    return ClientEvent.Message(
      messageID: messageID, sender: sender, text: text, acceptedAt: acceptedAt,
      inReplyTo: inReplyTo, timer: try MessageTimer(from: &self))
  }

  fileprivate mutating func readText() throws(DecodingFailure) -> String {
    guard let text = String(validating: try readVector(), as: UTF8.self) else {
      throw .invalidValue(field: "text")
    }
    return text
  }

  fileprivate mutating func readMessage(
    isReply: Bool
  ) throws(DecodingFailure) -> ClientEvent.Message {
    let messageID = try readVector()
    let sender = try readText()
    let text = try readText()
    let acceptedAt = Instant(milliseconds: Int64(bitPattern: try readUInt64()))
    let inReplyTo = isReply ? try readVector() : []
    guard isReply != inReplyTo.isEmpty else { throw .invalidValue(field: "in reply to") }
    return ClientEvent.Message(
      messageID: messageID, sender: sender, text: text, acceptedAt: acceptedAt,
      inReplyTo: inReplyTo)
  }

  fileprivate mutating func readFailureCode() throws(DecodingFailure) -> ClientFailureCode {
    guard let code = try readOptionalFailureCode() else {
      throw .invalidValue(field: "failure code")
    }
    return code
  }

  /// Nothing is an empty text.
  fileprivate mutating func readOptionalFailureCode() throws(DecodingFailure)
    -> ClientFailureCode?
  {
    let text = try readText()
    guard !text.isEmpty else { return nil }
    guard let code = ClientFailureCode(rawValue: text) else {
      throw .invalidValue(field: "failure code")
    }
    return code
  }
}

extension ByteWriter {
  fileprivate mutating func write(text: String) { write(vector: Array(text.utf8)) }
}
