// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity

/// The methods of files.
extension ClientMethods {
  static let attachmentNames: Set<String> = ["attach", "save", "thumbnail", "transfers"]

  /// Calls one of `attachmentNames`.
  func callAttachment(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    switch method {
    case "attach": return try await attach(input)
    case "save": return try await save(input)
    case "thumbnail": return try await thumbnail(input)
    case "transfers":
      try input.finish()
      return ["transfers": .array(client.transferReports().map(\.json))]
    default: preconditionFailure("a method that is not in the list")
    }
  }

  private func attach(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let paths = try input.strings("files")
    let text = try input.optionalString("text") ?? ""
    let answered = try input.optionalString("messageId")
    let timer = try ClientMethods.timer(&input)
    let isVoice = try input.flag("voice")
    let asItIs = try input.flag("asFile")
    let wait = try Wait(&input)
    try input.finish()
    let id = try await client.attach(
      paths, text: text, to: address,
      inReplyTo: try answered.map { text throws(ClientFailure) in
        try ClientMethods.identifier(text)
      } ?? [], timer: timer, isVoice: isVoice, asItIs: asItIs)
    return try await waiting(wait, for: id, to: address)
  }

  private func save(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let path = try input.string("path")
    let number = try input.optionalCount("number") ?? 1
    let timeout = try input.timeout()
    try input.finish()
    let saved = try await client.save(
      try ClientMethods.fileNumber(number), of: messageID, with: address, to: path,
      timeout: timeout)
    return ["path": .string(saved)]
  }

  private func thumbnail(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try ClientMethods.identifier(try input.string("messageId"))
    let path = try input.optionalString("path")
    let isOfLink = try input.flag("preview")
    let counted = try ClientMethods.fileNumber(try input.optionalCount("number") ?? 1)
    let number = isOfLink ? 0 : counted
    try input.finish()
    let thumbnail =
      if let path {
        try await client.saveThumbnail(number, of: messageID, with: address, to: path)
      } else {
        try await client.thumbnail(number, of: messageID, with: address)
      }
    return thumbnail.json(at: path)
  }

  private static func fileNumber(_ number: UInt64) throws(ClientFailure) -> Int {
    guard (1...UInt64(ClientLimits.attachmentsMax)).contains(number) else {
      throw ClientFailure(.badRequest, "A message has 10 files at most.")
    }
    return Int(clamping: number)
  }
}

extension AttachmentReport {
  var json: JSONValue {
    .object(present: [
      "name": .string(name), "contentType": .string(contentType), "size": .count(size),
      "here": isHere ? .bool(true) : nil, "picture": media?.picture, "voice": media?.voice,
      "thumbnail": thumbnail?.sides,
    ])
  }
}

extension ThumbnailReport {
  /// The sides, with the path at which the file lies, or else the file itself.
  func json(at path: String?) -> JSONValue {
    .object(present: [
      "width": .integer(Int64(width)), "height": .integer(Int64(height)),
      "path": path.map { .string($0) },
      "data": path == nil ? .string(Base64URL.encode(jpeg)) : nil,
    ])
  }

  var sides: JSONValue { ["width": .integer(Int64(width)), "height": .integer(Int64(height))] }
}

extension MediaReport {
  /// The sides of a picture.
  var picture: JSONValue? {
    guard case .picture(let width, let height) = self else { return nil }
    return ["width": .integer(Int64(width)), "height": .integer(Int64(height))]
  }

  /// The length of a voice note, and how loud it is.
  var voice: JSONValue? {
    guard case .voice(let milliseconds, let bars) = self else { return nil }
    return [
      "milliseconds": .integer(Int64(milliseconds)),
      "waveform": .array(bars.map { .integer(Int64($0)) }),
    ]
  }
}

extension TransferReport {
  fileprivate var json: JSONValue {
    [
      "blobId": .string(blobID), "direction": .string(direction.rawValue), "done": .count(done),
      "total": .count(total),
    ]
  }
}
