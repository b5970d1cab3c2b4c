// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SottoClient
import Testing

/// The document that is made of the table, against the rules of OpenRPC 1.3.
@Suite struct OpenRPCTests {
  static let document = OpenRPC.document
  static let methods = document["methods"]?.elements ?? []

  private func members(_ value: JSONValue?) -> [String: JSONValue] {
    if case .object(let members) = value { members } else { [:] }
  }

  @Test func documentHasWhatItMustHave() {
    #expect(
      Set(members(Self.document).keys) == ["openrpc", "info", "methods", "components"])
    #expect(Self.document["openrpc"]?.text?.hasPrefix("1.3.") == true)
    let info = members(Self.document["info"])
    #expect(Set(info.keys) == ["title", "version", "description", "license"])
    let empty = info.filter { $0.value == "" }
    #expect(empty.isEmpty)
    #expect(info["license"]?["name"] == "Apache-2.0")
    #expect(Self.methods.count == MethodTable.all.count)
  }

  @Test func methodsFollowTheRules() {
    let allowed: Set<String> = [
      "name", "summary", "description", "paramStructure", "params", "result", "errors",
    ]
    var names: Set<String> = []
    for method in Self.methods {
      let name = method["name"]?.text ?? ""
      #expect(names.insert(name).inserted, "\(name) stands there twice")
      let known = members(method).keys.filter { !$0.hasPrefix("x-") }
      #expect(allowed.isSuperset(of: known), "\(name): \(known)")
      #expect(method["summary"]?.text?.hasSuffix(".") == true, "\(name)")
      #expect(method["paramStructure"] == "by-name")
      #expect(method["result"]?["name"]?.text?.isEmpty == false)
      #expect(method["result"]?["schema"] != nil)
      let parameters = method["params"]?.elements ?? []
      let parameterNames = parameters.compactMap { $0["name"]?.text }
      #expect(Set(parameterNames).count == parameters.count, "\(name)")
      // What must be there comes before what may be absent.
      let required = parameters.map { $0["required"] == true }
      #expect(required == required.sorted { $0 && !$1 }, "\(name)")
      for parameter in parameters {
        #expect(Set(members(parameter).keys) == ["name", "summary", "required", "schema"])
      }
    }
  }

  @Test func errorsFollowTheRules() {
    let errors = members(Self.document["components"]?["errors"])
    #expect(errors.count == ClientFailureCode.allCases.count)
    for (name, error) in errors {
      #expect(name.wholeMatch(of: /[a-zA-Z0-9._-]+/) != nil)
      #expect(Set(members(error).keys) == ["code", "message", "data"])
      #expect(error["message"] == .string(name))
      // The code on the wire, which is reserved for JSON-RPC from -32768 to -32000.
      let code = ClientFailureCode(rawValue: name).map { code in
        JSONRPCAnswer.failure(JSONRPCError(ClientFailure(code, ""), id: 1)).line
      }
      let wire = code.flatMap { try? JSONValue(parsing: Array($0.utf8)) }
      #expect(wire?["error"]?["code"] == error["code"], "\(name)")
    }
  }

  /// Every reference points to something, and everything that is named is pointed to.
  @Test func referencesResolve() {
    let checker = SchemaChecker(document: Self.document)
    var found: Set<String> = []
    func walk(_ value: JSONValue) {
      switch value {
      case .array(let elements): elements.forEach(walk)
      case .object(let members):
        if let reference = members["$ref"]?.text {
          found.insert(reference)
          #expect(members.count == 1, "\(reference) has company")
          #expect(checker.resolve(reference) != nil, "\(reference) points nowhere")
        }
        members.values.forEach(walk)
      default: break
      }
    }
    walk(Self.document)
    let schemas = members(Self.document["components"]?["schemas"]).keys
    for name in schemas {
      #expect(name.wholeMatch(of: /[a-zA-Z0-9._-]+/) != nil)
      #expect(found.contains("#/components/schemas/" + name), "nothing uses \(name)")
    }
  }

  @Test func textIsJSONOfTheSameValue() throws {
    let text = Self.document.indented
    #expect(try JSONValue(parsing: Array(text.utf8)) == Self.document)
    #expect(text.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") })
  }

  @Test func referenceIsCurrent() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Documentation/protocol/methods.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(
      text == MethodReference.markdown,
      "sotto openrpc --markdown > Documentation/protocol/methods.md")
  }

  @Test func checkerFindsFaults() {
    let checker = SchemaChecker(document: Self.document)
    let sent: JSONValue = ["$ref": "#/components/schemas/Sent"]
    #expect(checker.faults(of: ["messageId": "6f", "state": "read"], in: sent) == [])
    #expect(
      checker.faults(of: ["messageId": "6", "state": "lost", "x": 1], in: sent) == [
        "$.messageId: 6 does not fit ^([0-9a-f][0-9a-f])+$",
        "$.state: \"lost\" is none of the words", "$: x is not described",
      ])
    #expect(checker.faults(of: ["state": "read"], in: sent) == ["$: messageId is missing"])
    #expect(
      checker.faults(of: -1, in: ["type": "integer", "minimum": 0]) == ["$: too low"])
  }
}
