// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of exports.
extension ClientMethods {
  static let archiveNames: Set<String> = ["export", "import"]

  /// Calls one of `archiveNames`.
  func callArchive(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    switch method {
    case "export": return try await export(input)
    case "import": return try await importExport(input)
    default: preconditionFailure("a method that is not in the list")
    }
  }

  private func export(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let path = try input.string("path")
    var choice = ExportChoice()
    choice.address = try input.optionalString("in")
    choice.since = try input.optionalTime("since", endOfDay: false)
    choice.until = try input.optionalTime("until", endOfDay: true)
    choice.pages = try input.flag("html")
    choice.attachments = try input.flag("attachments")
    try input.finish()
    let report = try await client.export(to: path, choice)
    return [
      "path": .string(path), "conversations": .integer(Int64(report.conversations)),
      "lines": .integer(Int64(report.lines)), "leftOut": .integer(Int64(report.leftOut)),
      "attachments": .integer(Int64(report.attachments)),
      "missing": .integer(Int64(report.missing)),
    ]
  }

  private func importExport(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let path = try input.string("path")
    try input.finish()
    let report = try await client.importExport(from: path)
    return [
      "lines": .integer(Int64(report.lines)), "known": .integer(Int64(report.known)),
      "passedOver": .integer(Int64(report.passedOver)), "deviceListed": .bool(report.isListed),
    ]
  }
}

extension ExportProof {
  /// The proof as one line of JSON shows it.
  public var json: JSONValue {
    [
      "address": .string(address), "identityKey": .string(identityKey),
      "deviceId": .integer(Int64(deviceID)), "madeAt": madeAt.json,
      "files": .integer(Int64(files)),
    ]
  }
}
