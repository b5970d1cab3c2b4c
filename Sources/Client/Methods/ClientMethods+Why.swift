// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension ClientMethods {
  func why(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let messageID = try input.optionalString("messageId")
    let order = try input.optionalCount("order")
    try input.finish()
    let line: LineName
    switch (messageID, order) {
    case (let text?, nil): line = .message(try ClientMethods.identifier(text))
    case (nil, let order?): line = .line(order)
    default: throw ClientFailure(.badRequest, "A line has a messageId or an order.")
    }
    return ["reasons": .array(try await client.why(line, with: address).map(\.json))]
  }
}

extension WhyReason {
  fileprivate var json: JSONValue {
    .object(present: [
      "code": .string(code.rawValue), "text": .string(text),
      "advice": advice.map { .string($0) }, "failure": failure.map { .string($0.rawValue) },
    ])
  }
}
