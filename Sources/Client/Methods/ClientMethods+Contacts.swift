// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of who may reach this account.
extension ClientMethods {
  static let contactNames: Set<String> = [
    "requests-list", "requests-show", "requests-accept", "requests-delete", "requests-block",
    "block", "unblock", "blocked", "settings", "settings-set",
  ]

  /// Calls one of `contactNames`.
  func callContact(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    switch method {
    case "requests-list":
      try input.finish()
      return ["requests": .array(try await client.contactRequests().map(\.json))]
    case "blocked":
      try input.finish()
      return ["blocked": .array(try await client.blocks().map(\.json))]
    case "settings":
      try input.finish()
      return ClientMethods.json(try await client.settings())
    case "settings-set":
      let name = try input.string("setting")
      let value = try input.string("value")
      try input.finish()
      guard let setting = ClientSetting(rawValue: name) else {
        let names = ClientSetting.allCases.map(\.rawValue).joined(separator: ", ")
        throw ClientFailure(.badRequest, "A setting is one of: \(names).")
      }
      guard setting.allows(value) else {
        let values = setting.values.joined(separator: ", ")
        throw ClientFailure(.badRequest, "\(name) is one of: \(values).")
      }
      return ClientMethods.json(try await client.set(setting, to: value))
    default: break
    }
    let address = try input.string("address")
    try input.finish()
    switch method {
    case "requests-show":
      return ["lines": .array(try await client.contactRequest(address).map(\.json))]
    case "requests-accept": try await client.acceptRequest(address)
    case "requests-delete": try await client.deleteRequest(address)
    case "requests-block": try await client.deleteRequest(address, blocking: true)
    case "block": try await client.block(address)
    case "unblock": try await client.unblock(address)
    default: preconditionFailure("a method that is not in the list")
    }
    return [:]
  }

  private static func json(_ settings: [SettingReport]) -> JSONValue {
    [
      "settings": .object(
        Dictionary(uniqueKeysWithValues: settings.map { ($0.setting.rawValue, .string($0.value)) }))
    ]
  }
}

extension ContactRequestReport {
  fileprivate var json: JSONValue {
    .object(present: [
      "address": .string(address), "from": .string(sender), "name": name.map { .string($0) },
      "at": at.json, "messages": .integer(Int64(messages)),
    ])
  }
}

extension BlockReport {
  fileprivate var json: JSONValue { ["address": .string(address), "at": at.json] }
}
