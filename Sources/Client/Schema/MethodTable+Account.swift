// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  /// The account, and what is told about it.
  static let account: [MethodDescription] = [
    MethodDescription(
      "register", "Make an account on the service that an invite link names.",
      [
        .required("address", .address, "The address to register."),
        .required("invite", .text, "The link that the operator of the service hands out."),
        .timeout(60),
      ],
      result: .object([.required("address", .address, "The address of the account.")]),
      failures: [
        .alreadyRegistered, .addressTaken, .badAddress, .unknownDomain, .wrongInvite, .noServer,
        .rateLimited, .quotaExceeded, .serverFailure, .timeout,
      ]),
    MethodDescription(
      "accounts", "List the accounts of the home.",
      result: .object([
        .required(
          "accounts",
          .list(
            of: .object([
              .required("address", .address, "The address of the account."),
              .required("registered", .boolean, "Whether the account is made."),
            ])), "All of them, by address.")
      ])),
    MethodDescription(
      "status", "Tell of the account, the connections and what waits.", result: .named("Status")),
  ]

  /// The protocol itself.
  static let protocolItself: [MethodDescription] = [
    MethodDescription(
      "rpc.discover", "Give this description of all methods (OpenRPC).", result: .anyObject)
  ]
}
