// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import Identity
import SansIO

extension ArchivedLine {
  /// The line of a file, without its end. `paths` says where the line's files are within the
  /// export, as far as they are.
  package func json(paths: [String?]) -> JSONValue {
    let files = attachments.enumerated().map { index, file in
      JSONValue.object(present: [
        "name": .string(file.name), "contentType": .string(file.contentType),
        "size": .count(min(file.size, UInt64(Int64.max))),
        "path": paths.indices.contains(index) ? paths[index].map { .string($0) } : nil,
        "picture": file.media?.picture, "voice": file.media?.voice,
        "thumbnail": file.thumbnail?.fileText,
      ])
    }
    return .object(present: [
      "kind": .string(kind.rawValue),
      "messageId": messageID.isEmpty ? nil : .identifier(messageID),
      "from": .string(sender), "own": .bool(own), "text": .string(text),
      "state": .string(state.rawValue), "failure": failure.map { .string($0.rawValue) },
      "at": at.json, "editedAt": editedAt?.json,
      "inReplyTo": inReplyTo.isEmpty ? nil : .identifier(inReplyTo),
      "reactions": reactions.isEmpty ? nil : .array(reactions.map(\.json)),
      "forwarded": isForwarded ? .bool(true) : nil, "imported": isImported ? .bool(true) : nil,
      "attachments": files.isEmpty ? nil : .array(files),
    ])
  }

  /// Takes one line of a file, without its end.
  package init(parsing bytes: [UInt8]) throws {
    guard bytes.count <= ArchiveLimits.lineBytesMax else { throw ArchiveFailure.tooLarge(.line) }
    var reader = try ArchiveObject(parsing: bytes, of: .line)
    let kind: MessageKind = try reader.word("kind")
    guard [.text, .notice, .undecryptable, .gap].contains(kind) else {
      throw ArchiveFailure.malformed(.line)
    }
    let id = try reader.optionalIdentifier("messageId", byteCount: 32)
    guard kind != .text || id != nil else { throw ArchiveFailure.malformed(.line) }
    self.init(
      messageID: id ?? [],
      sender: try reader.text("from", bytesMax: ClientLimits.addressBytesMax),
      own: try reader.flag("own"), kind: kind, text: try reader.text("text"),
      state: try reader.word("state"), at: try reader.time("at"))
    if let text = try reader.optionalText("failure", bytesMax: 64) {
      guard let code = ClientFailureCode(rawValue: text) else {
        throw ArchiveFailure.malformed(.line)
      }
      failure = code
    }
    editedAt = try reader.optionalTime("editedAt")
    inReplyTo = try reader.optionalIdentifier("inReplyTo", byteCount: 32) ?? []
    for var reaction in try reader.objects("reactions", most: ClientLimits.archiveReactionsMax) {
      reactions.append(
        Reaction(
          messageID: try reaction.identifier("messageId", byteCount: 32),
          sender: try reaction.text("from", bytesMax: ClientLimits.addressBytesMax),
          text: try reaction.text("reaction", bytesMax: 256)))
      try reaction.finish()
    }
    isForwarded = try reader.flag("forwarded")
    isImported = try reader.flag("imported")
    for var file in try reader.objects("attachments", most: ClientLimits.attachmentsMax) {
      attachments.append(try AttachmentReport(&file))
      _ = try file.optionalText("path", bytesMax: ArchiveLimits.pathBytesMax)
      try file.finish()
    }
    try reader.finish()
  }
}

extension AttachmentReport {
  fileprivate init(_ reader: inout ArchiveObject) throws(ArchiveFailure) {
    self.init(
      name: try reader.text("name"), contentType: try reader.text("contentType"),
      size: try reader.count("size"))
    if var picture = try reader.optionalObject("picture") {
      let width = Int(clamping: try picture.count("width"))
      media = .picture(width: width, height: Int(clamping: try picture.count("height")))
      try picture.finish()
    } else if var voice = try reader.optionalObject("voice") {
      let length = try voice.number("milliseconds")
      media = .voice(milliseconds: length, bars: try voice.bytes("waveform", most: 64))
      try voice.finish()
    }
    guard media?.isAllowed ?? true else { throw .malformed(.line) }
    thumbnail = try reader.optionalThumbnail("thumbnail")
  }
}

extension ArchiveObject {
  /// A small picture: the unpadded base64url of a JPEG of the form that messages have.
  fileprivate mutating func optionalThumbnail(
    _ name: String
  ) throws(ArchiveFailure) -> ThumbnailReport? {
    guard let text = try optionalText(name) else { return nil }
    guard let jpeg = Base64URL.decode(text.utf8), let found = ThumbnailReport(jpeg: jpeg) else {
      throw malformed
    }
    return found
  }
}

extension ThumbnailReport {
  fileprivate var fileText: JSONValue { .string(Base64URL.encode(jpeg)) }
}

extension ArchivedLine.Reaction {
  fileprivate var json: JSONValue {
    [
      "messageId": .identifier(messageID), "from": .string(sender), "reaction": .string(text),
    ]
  }
}

/// One conversation in the list of an export.
package struct ArchiveEntry: Hashable, Sendable {
  /// Counts from 1; the files of the conversation bear it.
  package let number: Int
  /// The peer, or a group's reference.
  package let address: String
  /// A group's name.
  package let name: String?
  /// A group's picture.
  package let picture: ThumbnailReport?
  /// How many lines it has.
  package var lines: UInt64

  init(number: Int, address: String, name: String?, picture: ThumbnailReport?) {
    self.number = number
    self.address = address
    self.name = name
    self.picture = picture
    lines = 0
  }

  /// Takes one line of the list, without its end.
  package init(parsing bytes: [UInt8]) throws {
    guard bytes.count <= ArchiveLimits.lineBytesMax else { throw ArchiveFailure.tooLarge(.index) }
    var reader = try ArchiveObject(parsing: bytes, of: .index)
    let number = try reader.count("conversation")
    guard (1...UInt64(ArchiveLimits.conversationsMax)).contains(number) else {
      throw ArchiveFailure.malformed(.index)
    }
    self.number = Int(number)
    address = try reader.text("address", bytesMax: ClientLimits.addressBytesMax)
    name = try reader.optionalText("name", bytesMax: 4_096)
    picture = try reader.optionalThumbnail("picture")
    lines = try reader.count("lines")
    try reader.finish()
  }

  var json: JSONValue {
    .object(present: [
      "conversation": .integer(Int64(number)), "address": .string(address),
      "name": name.map { .string($0) }, "picture": picture?.fileText, "lines": .count(lines),
    ])
  }

  /// What the files of the conversation begin with.
  private var digits: String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
  var linesPath: String { "conversations/\(digits).jsonl" }
  var pagePath: String { "conversations/\(digits).html" }
  var attachmentsPath: String { "attachments/\(digits)" }
}
