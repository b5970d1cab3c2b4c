// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of files.
extension ClientMethods {
  static let attachmentNames: Set<String> = ["attach", "save", "transfers"]

  /// Calls one of `attachmentNames`.
  func callAttachment(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    switch method {
    case "attach": return try await attach(input)
    case "save": return try await save(input)
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
    let wait = try Wait(&input)
    try input.finish()
    let id = try await client.attach(
      paths, text: text, to: address,
      inReplyTo: try answered.map { text throws(ClientFailure) in
        try ClientMethods.identifier(text)
      } ?? [], timer: timer)
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
    guard (1...UInt64(ClientLimits.attachmentsMax)).contains(number) else {
      throw ClientFailure(.badRequest, "A message has 10 files at most.")
    }
    let saved = try await client.save(
      Int(clamping: number), of: messageID, with: address, to: path, timeout: timeout)
    return ["path": .string(saved)]
  }
}

extension AttachmentReport {
  var json: JSONValue {
    .object(present: [
      "name": .string(name), "contentType": .string(contentType), "size": .count(size),
      "here": isHere ? .bool(true) : nil,
    ])
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
