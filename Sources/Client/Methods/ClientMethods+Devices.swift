// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of an account's devices.
extension ClientMethods {
  static let deviceNames: Set<String> = [
    "device-link", "device-accept", "device-confirm", "device-link-state", "device-list",
    "device-remove", "device-rename",
  ]

  /// Calls one of `deviceNames`.
  func callDevice(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    switch method {
    case "device-link":
      let invite = try input.string("invite")
      try input.finish()
      return try await client.beginLink(invite: invite).json
    case "device-accept":
      let link = try input.string("link")
      try input.finish()
      return try await client.acceptLink(link).json
    case "device-confirm":
      let code = try input.string("code")
      try input.finish()
      return try await client.confirmLink(code: code).json
    case "device-link-state":
      try input.finish()
      return try await client.linkState().json
    case "device-list":
      try input.finish()
      return ["devices": .array(try await client.devices().map(\.json))]
    case "device-remove":
      let number = try input.count("deviceId")
      try input.finish()
      try await client.removeDevice(UInt32(clamping: number))
      return [:]
    case "device-rename":
      let number = try input.optionalCount("deviceId")
      let name = try input.string("name")
      try input.finish()
      try await client.renameDevice(number.map { UInt32(clamping: $0) }, to: name)
      return [:]
    default: preconditionFailure("a method that is not in the list")
    }
  }
}

extension LinkReport {
  var json: JSONValue {
    .object(present: [
      "phase": .string(phase.rawValue), "link": link.map { .string($0) },
      "code": code.map { .string($0) }, "address": address.map { .string($0) },
      "failure": failure.map { .string($0.rawValue) },
    ])
  }
}

extension DeviceReport {
  var json: JSONValue {
    .object(present: [
      "deviceId": .integer(Int64(deviceID)), "name": name.map { .string($0) },
      "own": .bool(own), "addedAt": added.json, "expiresAt": expires.json,
    ])
  }
}
