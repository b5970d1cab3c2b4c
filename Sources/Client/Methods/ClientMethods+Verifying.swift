// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension ClientMethods {
  func safetyNumber(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    try input.finish()
    return try await client.safetyNumber(with: address).json
  }

  func verify(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let number = try input.optionalString("number")
    let text = try input.optionalString("text")
    try input.finish()
    let proof = try ClientMethods.proof(number, text) ?? .compared
    return try await client.verify(address, by: proof).json
  }

  func acceptIdentity(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let number = try input.optionalString("number")
    let text = try input.optionalString("text")
    try input.finish()
    let proof = try ClientMethods.proof(number, text)
    return try await client.acceptIdentity(of: address, proof: proof).json
  }

  private static func proof(
    _ number: String?, _ text: String?
  ) throws(ClientFailure) -> SafetyProof? {
    switch (number, text) {
    case (nil, nil): return nil
    case (let number?, nil): return .number(number)
    case (nil, let text?): return .code(text)
    case (.some, .some):
      throw ClientFailure(.badRequest, "Either the number is compared or the code's text.")
    }
  }

  func unverify(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    try input.finish()
    return try await client.unverify(address).json
  }
}
