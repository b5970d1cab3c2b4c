// SPDX-License-Identifier: Apache-2.0

package import ClientCore

/// Requests of programs, and for which account they are.
extension HomeAccounts {
  /// Methods that are about the home: they take no `account`.
  package static let ofHome: Set<String> = ["accounts", "register", "rpc.discover"]

  /// Whether there is such a method, besides subscribing.
  static func has(_ method: String) -> Bool {
    method == "accounts" || ClientMethods.allNames.contains(method)
  }

  /// Takes the parameter that names the account.
  static func takeAccount(
    _ members: inout [String: JSONValue]
  ) throws(ClientFailure) -> String? {
    guard let value = members.removeValue(forKey: "account"), value != .null else { return nil }
    guard let account = value.text else {
      throw ClientFailure(.badRequest, "The parameter account must be a string.")
    }
    return account
  }

  /// Calls one method for the account that it names, or for the only one.
  package func call(
    _ method: String, _ members: [String: JSONValue]
  ) async throws(ClientFailure) -> JSONValue {
    var members = members
    switch method {
    case "accounts":
      try JSONRPCParameters(members).finish()
      return [
        "accounts": .array(
          try await list().map { account in
            [
              "address": .string(account.address), "registered": .bool(account.isRegistered),
            ]
          })
      ]
    case "register":
      let rest = members
      return try await registering(members["address"]?.text ?? "") {
        client throws(ClientFailure) in
        try await ClientMethods(client: client).call(method, rest)
      }
    case "rpc.discover":
      try JSONRPCParameters(members).finish()
      return OpenRPC.document
    default:
      let account = try HomeAccounts.takeAccount(&members)
      return try await ClientMethods(client: client(for: account)).call(method, members)
    }
  }

  /// The failure as programs are told it, with the accounts to choose from when one is to be
  /// named.
  func error(_ failure: ClientFailure, id: JSONValue?) async -> JSONRPCError {
    var error = JSONRPCError(failure, id: id)
    if failure.code == .accountNeeded {
      error.accounts = ((try? await list()) ?? []).map(\.address)
    }
    return error
  }
}
