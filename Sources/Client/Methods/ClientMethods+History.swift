// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The methods of history between own devices, and for members of groups.
extension ClientMethods {
  static let historyNames: Set<String> = ["device-share-history", "device-history", "group-grant"]

  /// Calls one of `historyNames`.
  func callHistory(
    _ method: String, _ input: JSONRPCParameters
  ) async throws(ClientFailure) -> JSONValue {
    var input = input
    switch method {
    case "device-share-history":
      let number = try input.count("deviceId")
      let extent = try ClientMethods.extent(&input)
      try input.finish()
      try await client.shareHistory(with: UInt32(clamping: number), extent)
      return [:]
    case "group-grant":
      let reference = try input.string("address")
      let member = try input.string("member")
      let extent = try ClientMethods.extent(&input)
      try input.finish()
      try await client.grantHistory(to: member, in: reference, extent)
      return [:]
    case "device-history":
      try input.finish()
      return ["histories": .array(try await client.historyReports().map(\.json))]
    default: preconditionFailure("a method that is not in the list")
    }
  }

  /// How much is handed over.
  static func extent(
    _ input: inout JSONRPCParameters
  ) throws(ClientFailure) -> HistoryExtent {
    let since = try input.optionalTime("since", endOfDay: false)
    let last = try input.optionalCount("last")
    guard last != 0 else { throw ClientFailure(.badRequest, "The parameter last is from 1 on.") }
    return HistoryExtent(since: since, last: last)
  }
}

extension HistoryReport {
  fileprivate var json: JSONValue {
    .object(present: [
      "deviceId": deviceID.map { .integer(Int64($0)) }, "role": .string(role),
      "phase": .string(phase), "messages": .count(messages), "missing": .count(missing),
      "failure": failure.map { .string($0.rawValue) },
      "address": group.map { .string($0) }, "member": member.map { .string($0) },
    ])
  }
}
