// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of groups. Each names the group by `address`, as other methods name a person.
extension ClientMethods {
  static let groupNames: Set<String> = [
    "group-create", "group-show", "group-add", "group-remove", "group-ban", "group-unban",
    "group-leave", "group-rename", "group-describe", "group-role", "group-permit",
    "group-picture", "group-picture-remove", "group-picture-save",
  ]

  /// Calls one of `groupNames`.
  func callGroup(
    _ method: String, _ parameters: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    switch method {
    case "group-create": try await createGroup(parameters)
    case "group-show": try await showGroup(parameters)
    case "group-leave": try await leaveGroup(parameters)
    case "group-picture": try await setPicture(parameters)
    case "group-picture-save": try await savePicture(parameters)
    default: try await changeGroup(method, parameters)
    }
  }

  private func createGroup(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let name = try input.string("name")
    let addresses = try input.strings("members")
    try input.finish()
    let reference = try await client.createGroup(named: name, with: addresses)
    return ["address": .string(reference)]
  }

  private func showGroup(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let reference = try input.string("address")
    try input.finish()
    return try await client.group(reference).json
  }

  private func leaveGroup(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let reference = try input.string("address")
    try input.finish()
    try await client.leaveGroup(reference)
    return [:]
  }

  private func setPicture(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let reference = try input.string("address")
    let path = try input.string("path")
    try input.finish()
    try await client.setPicture(of: reference, to: path)
    return [:]
  }

  private func savePicture(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let reference = try input.string("address")
    let path = try input.optionalString("path")
    try input.finish()
    let picture =
      if let path {
        try await client.savePicture(of: reference, to: path)
      } else {
        try await client.picture(of: reference)
      }
    return picture.json(at: path)
  }

  private func changeGroup(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    let reference = try input.string("address")
    let change: RoomChange
    switch method {
    case "group-add":
      let member = try input.string("member")
      let again = try input.flag("again")
      change = again ? .renew(address: member) : .add(address: member)
    case "group-remove": change = .remove(address: try input.string("member"), banning: false)
    case "group-ban": change = .remove(address: try input.string("member"), banning: true)
    case "group-unban": change = .unban(address: try input.string("member"))
    case "group-rename": change = .rename(try input.string("name"))
    case "group-describe": change = .describe(try input.string("text"))
    case "group-picture-remove": change = .picture([])
    case "group-role":
      change = .role(
        address: try input.string("member"), try ClientMethods.role(try input.string("role")))
    case "group-permit":
      let name = try input.string("action")
      guard let action = RoomAction(name: name) else {
        throw ClientFailure(
          .badRequest, "An action is add, remove, info, timer, post or call.")
      }
      change = .permission(action, try ClientMethods.role(try input.string("role")))
    default: preconditionFailure("a method that is not in the list")
    }
    try input.finish()
    try await client.change(change, in: reference)
    return [:]
  }

  private static func role(_ name: String) throws(ClientFailure) -> RoomRole {
    guard let role = RoomRole(name: name) else {
      throw ClientFailure(.badRequest, "A role is member, admin or owner.")
    }
    return role
  }
}

extension RoomReport {
  var json: JSONValue {
    .object(present: [
      "address": .string(reference), "name": .string(name),
      "about": about.isEmpty ? nil : .string(about), "picture": picture?.sides,
      "phase": .string(phase), "epoch": epoch.map { .count($0) },
      "members": .array(people.map(\.json)),
      "permissions": .object(
        Dictionary(
          uniqueKeysWithValues: permissions.map { ($0.action.name, .string($0.role.name)) })),
      "waiting": .integer(Int64(waiting.count)),
    ])
  }
}

extension RoomReport.Person {
  fileprivate var json: JSONValue {
    [
      "address": .string(address), "role": .string(role.name),
      "devices": .integer(Int64(devices)), "own": .bool(own),
    ]
  }
}
