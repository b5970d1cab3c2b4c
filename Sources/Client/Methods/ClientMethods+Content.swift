// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of messages that are more than a text.
extension ClientMethods {
  static let contentNames: Set<String> = ["send-location", "send-contact"]

  /// Calls one of `contentNames`.
  func callContent(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let id: [UInt8]
    let wait: Wait
    if method == "send-location" {
      let location = LocationReport(
        latitude: try input.string("latitude"), longitude: try input.string("longitude"),
        label: try input.optionalString("label") ?? "")
      wait = try Wait(&input)
      try input.finish()
      id = try await client.send(location, to: address)
    } else {
      let contact = try input.string("contact")
      let name = try input.optionalString("name") ?? String(contact.prefix { $0 != "@" })
      wait = try Wait(&input)
      try input.finish()
      id = try await client.send(ContactCardReport(name: name, address: contact), to: address)
    }
    return try await waiting(wait, for: id, to: address)
  }

  /// What is said about a link, when anything is.
  static func preview(
    _ input: inout JSONRPCParameters
  ) throws(ClientFailure) -> (words: LinkPreviewReport, picture: String?)? {
    let url = try input.optionalString("previewUrl")
    let title = try input.optionalString("previewTitle")
    let text = try input.optionalString("previewText")
    let picture = try input.optionalString("previewPicture")
    if url == nil, title == nil, text == nil, picture == nil { return nil }
    guard let url, let title else {
      throw ClientFailure(.badRequest, "A preview has a link and a title.")
    }
    return (LinkPreviewReport(url: url, title: title, text: text ?? ""), picture)
  }
}

extension LocationReport {
  var json: JSONValue {
    .object(present: [
      "latitude": .string(latitude), "longitude": .string(longitude), "uri": .string(uri),
      "label": label.isEmpty ? nil : .string(label),
    ])
  }
}

extension ContactCardReport {
  var json: JSONValue { ["name": .string(name), "address": .string(address)] }
}

extension LinkPreviewReport {
  /// What a message or a line has of it.
  var members: [String: JSONValue] {
    [
      "preview": .object(present: [
        "url": .string(url), "title": .string(title), "text": text.isEmpty ? nil : .string(text),
        "thumbnail": thumbnail?.sides,
      ])
    ]
  }
}
