// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import SansIO

/// The bounds of the local protocol.
package enum LocalLimits {
  /// One line from a program: a message of 64 KiB whose every byte is escaped as six characters.
  package static let requestBytesMax = 1 << 20
  /// One line from the daemon: the longest page that it gives.
  package static let answerBytesMax = 64 << 20
  /// Programs that are connected at one time.
  package static let connectionsMax = 64
  /// Requests of one connection that are carried out at one time; the next line is read when one
  /// of them is answered.
  package static let requestsInFlight = 16
  /// Characters of a request's id, when it is a string.
  package static let idLengthMax = 128
  /// Events that a subscription sends beyond what was acknowledged.
  package static let eventsInFlight = 100
  /// The longest wait that a request may ask for, in seconds.
  package static let timeoutSecondsMax: Int64 = 24 * 3600
}

/// A request or notification (JSON-RPC 2.0 §4), with parameters by name.
package struct JSONRPCRequest: Equatable, Sendable {
  /// A string or an integer; `nil` for a notification, which is not answered.
  package let id: JSONValue?
  /// The name of the method, or of the notification.
  package let method: String
  /// The parameters by name; empty when there are none.
  package let parameters: [String: JSONValue]

  /// Makes a request, or a notification without `id`.
  package init(id: JSONValue?, method: String, parameters: [String: JSONValue]) {
    self.id = id
    self.method = method
    self.parameters = parameters
  }

  /// Parses one line. Members that JSON-RPC does not name are refused, and so are batches.
  ///
  /// - Throws: a `JSONRPCError` that holds the request's id when that could be read.
  package init(line: [UInt8]) throws(JSONRPCError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: line)
    } catch {
      throw JSONRPCError(.parse, "This is not one line of JSON.")
    }
    guard case .object(let members) = value else {
      throw JSONRPCError(.invalidRequest, "A request is a JSON object; batches are not taken.")
    }
    let id = try JSONRPCRequest.id(of: members)
    func refused(_ reason: String) -> JSONRPCError {
      JSONRPCError(.invalidRequest, reason, id: id)
    }
    guard members["jsonrpc"] == "2.0" else { throw refused("The member jsonrpc must be \"2.0\".") }
    guard Set(members.keys).isSubset(of: ["jsonrpc", "id", "method", "params"]) else {
      throw refused("A request has no other members than jsonrpc, id, method and params.")
    }
    guard let method = members["method"]?.text else { throw refused("The method is missing.") }
    switch members["params"] {
    case nil: parameters = [:]
    case .object(let named): parameters = named
    default: throw JSONRPCError(.invalidParameters, "Parameters go by name, in an object.", id: id)
    }
    self.id = id
    self.method = method
  }

  private static func id(of members: [String: JSONValue]) throws(JSONRPCError) -> JSONValue? {
    switch members["id"] {
    case nil: return nil
    case .integer(let number): return .integer(number)
    case .string(let text) where text.utf8.count <= LocalLimits.idLengthMax: return .string(text)
    default: throw JSONRPCError(.invalidRequest, "An id is an integer or a short string.")
    }
  }

  /// The request as one line.
  package var line: String {
    var members: [String: JSONValue] = ["jsonrpc": "2.0", "method": .string(method)]
    members["id"] = id
    if !parameters.isEmpty { members["params"] = .object(parameters) }
    return JSONValue.object(members).line
  }
}

/// What a program is answered with.
package enum JSONRPCAnswer: Equatable, Sendable {
  /// What the method gave.
  case result(id: JSONValue, JSONValue)
  /// Why it gave nothing.
  case failure(JSONRPCError)

  /// The answer as one line.
  package var line: String {
    var members: [String: JSONValue] = ["jsonrpc": "2.0"]
    switch self {
    case .result(let id, let value):
      members["id"] = id
      members["result"] = value
    case .failure(let error):
      members["id"] = error.id ?? .null
      members["error"] = error.json
    }
    return JSONValue.object(members).line
  }
}

/// An error object (JSON-RPC 2.0 §5.1).
package struct JSONRPCError: Error, Equatable, Sendable {
  /// The kinds that JSON-RPC itself names, and ours.
  package enum Kind: Equatable, Sendable {
    /// No JSON.
    case parse
    /// JSON, and no request.
    case invalidRequest
    /// No such method.
    case methodNotFound
    /// Parameters that the method does not take.
    case invalidParameters
    /// The client refused.
    case client(ClientFailureCode)

    /// The number: of JSON-RPC, or -32000 less the exit code of ours.
    var number: Int64 {
      switch self {
      case .parse: -32700
      case .invalidRequest: -32600
      case .methodNotFound: -32601
      case .invalidParameters: -32602
      case .client(let code): -32000 - Int64(code.exitCode)
      }
    }

    /// The stable code.
    var code: ClientFailureCode {
      switch self {
      case .parse, .invalidRequest, .methodNotFound, .invalidParameters: .badRequest
      case .client(let code): code
      }
    }
  }

  /// What went wrong.
  package let kind: Kind
  let reason: String
  let retryAfter: Duration?
  /// The accounts of which one is to be named.
  var accounts: [String] = []
  /// The request's id, when it could be read.
  package var id: JSONValue?

  init(_ kind: Kind, _ reason: String, retryAfter: Duration? = nil, id: JSONValue? = nil) {
    self.kind = kind
    self.reason = reason
    self.retryAfter = retryAfter
    self.id = id
  }

  /// Takes what the client said to the request `id`.
  package init(_ failure: ClientFailure, id: JSONValue?) {
    let kind: Kind = failure.code == .badRequest ? .invalidParameters : .client(failure.code)
    self.init(kind, failure.reason, retryAfter: failure.retryAfter, id: id)
  }

  var json: JSONValue {
    var data: [String: JSONValue] = [
      "code": .string(kind.code.rawValue), "exitCode": .integer(Int64(kind.code.exitCode)),
    ]
    if let retryAfter {
      data["retryAfterMilliseconds"] = .integer(retryAfter.inMilliseconds)
    }
    if !accounts.isEmpty { data["accounts"] = .array(accounts.map { .string($0) }) }
    return [
      "code": .integer(kind.number), "message": .string(reason), "data": .object(data),
    ]
  }
}
