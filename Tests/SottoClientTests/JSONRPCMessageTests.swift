// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SottoClient
import Testing

@Suite struct JSONRPCMessageTests {
  static let refused: [(String, JSONRPCError.Kind, JSONValue?)] = [
    ("", .parse, nil),
    ("{", .parse, nil),
    ("nonsense", .parse, nil),
    (#"{"jsonrpc":"2.0","method":"status"} x"#, .parse, nil),
    ("{\"jsonrpc\":\"2.0\",\"method\":\"a\u{1}b\"}", .parse, nil),
    (#"{'jsonrpc':'2.0'}"#, .parse, nil),
    ("1", .invalidRequest, nil),
    ("null", .invalidRequest, nil),
    ("[]", .invalidRequest, nil),
    (#"[{"jsonrpc":"2.0","id":1,"method":"status"}]"#, .invalidRequest, nil),
    ("{}", .invalidRequest, nil),
    (#"{"jsonrpc":"1.0","id":1,"method":"status"}"#, .invalidRequest, 1),
    (#"{"jsonrpc":2.0,"id":1,"method":"status"}"#, .invalidRequest, 1),
    (#"{"id":1,"method":"status"}"#, .invalidRequest, 1),
    (#"{"jsonrpc":"2.0","id":1}"#, .invalidRequest, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":7}"#, .invalidRequest, 1),
    (#"{"jsonrpc":"2.0","id":null,"method":"status"}"#, .invalidRequest, nil),
    (#"{"jsonrpc":"2.0","id":1.5,"method":"status"}"#, .invalidRequest, nil),
    (#"{"jsonrpc":"2.0","id":{},"method":"status"}"#, .invalidRequest, nil),
    (#"{"jsonrpc":"2.0","id":true,"method":"status"}"#, .invalidRequest, nil),
    (#"{"jsonrpc":"2.0","id":1,"method":"status","more":1}"#, .invalidRequest, 1),
    (#"{"jsonrpc":"2.0","id":"a","method":"status","params":[1]}"#, .invalidParameters, "a"),
    (#"{"jsonrpc":"2.0","id":"a","method":"status","params":3}"#, .invalidParameters, "a"),
  ]

  @Test(arguments: refused)
  func isRefused(line: String, kind: JSONRPCError.Kind, id: JSONValue?) throws {
    let error = try #require(throws: JSONRPCError.self) {
      try JSONRPCRequest(line: Array(line.utf8))
    }
    #expect(error.kind == kind)
    #expect(error.id == id)
  }

  @Test func idThatIsTooLongIsRefused() throws {
    let id = String(repeating: "x", count: LocalLimits.idLengthMax + 1)
    let line = #"{"jsonrpc":"2.0","id":"\#(id)","method":"status"}"#
    let error = try #require(throws: JSONRPCError.self) {
      try JSONRPCRequest(line: Array(line.utf8))
    }
    #expect(error.kind == .invalidRequest)
  }

  @Test func invalidUTF8IsRefused() throws {
    var line = Array(#"{"jsonrpc":"2.0","method":"x"}"#.utf8)
    line[27] = 0xff
    let error = try #require(throws: JSONRPCError.self) { try JSONRPCRequest(line: line) }
    #expect(error.kind == .parse)
  }

  @Test func deepNestingIsRefused() {
    let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    #expect(throws: JSONFailure.tooDeep) { try JSONValue(parsing: Array(deep.utf8)) }
    let shallow = String(repeating: "[", count: 10) + String(repeating: "]", count: 10)
    #expect(throws: Never.self) { try JSONValue(parsing: Array(shallow.utf8)) }
  }

  @Test func requestComesBackFromItsLine() throws {
    let request = JSONRPCRequest(
      id: 7, method: "send", parameters: ["text": "a\n\u{1b}[2J\u{202e}ü", "n": .integer(-1)])
    #expect(!request.line.contains("\n"))
    #expect(!request.line.unicodeScalars.contains("\u{1b}"))
    #expect(!request.line.unicodeScalars.contains("\u{202e}"))
    #expect(try JSONRPCRequest(line: Array(request.line.utf8)) == request)
  }

  @Test func notificationHasNoID() throws {
    let request = JSONRPCRequest(id: nil, method: "event", parameters: [:])
    #expect(request.line == #"{"jsonrpc":"2.0","method":"event"}"#)
    #expect(try JSONRPCRequest(line: Array(request.line.utf8)).id == nil)
  }

  @Test func failureCarriesTheStableCode() {
    let failure = ClientFailure(.rateLimited, "Later.", retryAfter: .milliseconds(2_500))
    let answer = JSONRPCAnswer.failure(JSONRPCError(failure, id: 3))
    #expect(
      answer.line == #"{"error":{"code":-32040,"data":{"code":"rate-limited","exitCode":40,"#
        + #""retryAfterMilliseconds":2500},"message":"Later."},"id":3,"jsonrpc":"2.0"}"#)
  }

  @Test func exitCodesAreUnambiguous() {
    let codes = ClientFailureCode.allCases.map(\.exitCode)
    #expect(Set(codes).count == codes.count)
    #expect(codes.allSatisfy { $0 > 1 && $0 < 100 })
  }

  static let wrong: [(String, [String: JSONValue])] = [
    ("missing", [:]), ("type", ["address": 3]), ("null", ["address": .null]),
    ("unknown", ["address": "a", "adress": "b"]), ("limit low", ["address": "a", "limit": 0]),
    ("limit high", ["address": "a", "limit": 1_001]),
    ("limit negative", ["address": "a", "limit": -1]),
    ("limit fraction", ["address": "a", "limit": .number(1.5)]),
    ("limit text", ["address": "a", "limit": "1"]),
    ("flag", ["address": "a", "markRead": 1]),
    ("wait", ["address": "a", "timeoutSeconds": -1]),
    ("wait long", ["address": "a", "timeoutSeconds": 86_401]),
    ("wait text", ["address": "a", "timeoutSeconds": "1"]),
  ]

  @Test(arguments: wrong)
  func parametersAreStrict(name: String, members: [String: JSONValue]) {
    #expect(throws: ClientFailure(.badRequest, "")) {
      var input = JSONRPCParameters(members)
      _ = try input.string("address")
      _ = try input.limit(default: 10, maximum: 1_000)
      _ = try input.flag("markRead")
      _ = try input.timeout()
      try input.finish()
    }
  }

  @Test func parametersAreTaken() throws {
    var input = JSONRPCParameters(["address": "a", "limit": 1, "timeoutSeconds": .number(0.25)])
    #expect(try input.string("address") == "a")
    #expect(try input.limit(default: 10, maximum: 1_000) == 1)
    #expect(try input.flag("markRead") == false)
    #expect(try input.timeout() == .milliseconds(250))
    #expect(throws: Never.self) { try input.finish() }
  }
}
