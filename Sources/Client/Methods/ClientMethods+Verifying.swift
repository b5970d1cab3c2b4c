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
    let proof: SafetyProof
    switch (number, text) {
    case (nil, nil): proof = .compared
    case (let number?, nil): proof = .number(number)
    case (nil, let text?): proof = .code(text)
    case (.some, .some):
      throw ClientFailure(.badRequest, "Either the number is compared or the code's text.")
    }
    return try await client.verify(address, by: proof).json
  }

  func unverify(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    try input.finish()
    return try await client.unverify(address).json
  }
}
