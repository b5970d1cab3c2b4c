// SPDX-License-Identifier: Apache-2.0

package import ClientCore

/// The description of the local protocol that programs read (OpenRPC 1.3).
public enum OpenRPC {
  /// The version of the product, and of the protocol with it.
  public static let version = "0.1.0"

  /// The whole document; the same at every call.
  public static let document: JSONValue = [
    "openrpc": "1.3.2",
    "info": [
      "title": "Sotto", "version": .string(version),
      "description": "The local protocol: JSON-RPC 2.0 over a Unix socket, one message a line.",
      "license": ["name": "Apache-2.0"],
    ],
    "methods": .array(MethodTable.all.map(method)),
    "components": ["schemas": .object(schemas), "errors": .object(errors)],
  ]

  private static func method(_ method: MethodDescription) -> JSONValue {
    var members: [String: JSONValue] = [
      "name": .string(method.name), "summary": .string(method.summary),
      "paramStructure": "by-name",
      "params": .array((method.parameters + shared(of: method)).map(parameter)),
      "result": ["name": .string(method.name + "-result"), "schema": method.result.json],
    ]
    members["errors"] = .array(
      failures(of: method).map { ["$ref": .string("#/components/errors/" + $0.rawValue)] })
    if method.name == "subscribe" {
      // OpenRPC has no word for what the server sends without being asked.
      members["x-notification"] = [
        "method": "event",
        "params": ValueSchema.object([
          .required("subscriber", .text, "The name of the subscription."),
          .required("event", .named("Event"), "What happened."),
        ]).json,
      ]
    }
    return .object(members)
  }

  private static func shared(of method: MethodDescription) -> [NamedValue] {
    HomeAccounts.ofHome.contains(method.name) ? [] : [.account]
  }

  private static func parameter(_ parameter: NamedValue) -> JSONValue {
    [
      "name": .string(parameter.name), "summary": .string(parameter.summary),
      "required": .bool(parameter.isRequired), "schema": parameter.described,
    ]
  }

  /// The failures of a method, each once, in the order of the stable list.
  package static func failures(of method: MethodDescription) -> [ClientFailureCode] {
    var some = Set(method.failures + MethodDescription.failuresOfAll)
    if !HomeAccounts.ofHome.contains(method.name) {
      some.formUnion([.accountNeeded, .notRegistered])
    }
    return ClientFailureCode.allCases.filter { some.contains($0) }
  }

  private static var schemas: [String: JSONValue] {
    var schemas: [String: JSONValue] = [:]
    for (name, members) in SchemaTable.all { schemas[name] = ValueSchema.object(members).json }
    for event in EventTable.all { schemas["event-" + event.type] = event.schema.json }
    schemas["Event"] =
      ValueSchema.either(EventTable.all.map { .named("event-" + $0.type) }).json
    return schemas
  }

  private static var errors: [String: JSONValue] {
    var errors: [String: JSONValue] = [:]
    for code in ClientFailureCode.allCases {
      let error = JSONRPCError(ClientFailure(code, ""), id: nil)
      errors[code.rawValue] = [
        "code": .integer(error.kind.number), "message": .string(code.rawValue),
        "data": [
          "code": .string(code.rawValue), "exitCode": .integer(Int64(code.exitCode)),
        ],
      ]
    }
    return errors
  }
}
