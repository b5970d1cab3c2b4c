// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import SansIO

/// The methods of the local protocol over one client: each has the name of its verb.
package struct ClientMethods: Sendable {
  let client: SottoClient

  /// Subscribing belongs to a connection and is not among these.
  package static let names: Set<String> = basic.union(organising)

  private static let basic: Set<String> = [
    "register", "send", "reply", "react", "edit", "delete", "revisions", "message-state",
    "receive", "acknowledge", "conversations", "history", "search",
    "mark-read", "safety-number", "verify", "unverify", "status", "protect-show", "timer",
    "timer-accept", "timer-decline", "identity-accept",
    "rpc.discover",
  ]

  /// All of them.
  package static let allNames = names.union(groupNames).union(joinNames).union(contactNames)
    .union(deviceNames).union(attachmentNames).union(pollNames)
    .union(remarkNames).union(typingNames).union(contentNames).union(archiveNames)
    .union(historyNames)

  /// The methods of this client.
  package init(client: SottoClient) { self.client = client }

  /// Calls one method. Whoever names a conversation may name a group by its name. `reading` is
  /// told of each parameter that the method asks for.
  ///
  /// - Precondition: `method` is one of `allNames`.
  package func call(
    _ method: String, _ members: [String: JSONValue],
    reading: (@Sendable (String) -> Void)? = nil
  ) async throws(ClientFailure) -> JSONValue {
    var members = members
    for name in ["address", "in", "to"] {
      guard case .string(let text)? = members[name], !text.utf8.contains(UInt8(ascii: "@"))
      else { continue }
      members[name] = .string(try await reference(of: text))
    }
    let parameters = JSONRPCParameters(members, reading: reading)
    if ClientMethods.groupNames.contains(method) {
      return try await callGroup(method, parameters)
    }
    if ClientMethods.contactNames.contains(method) {
      return try await callContact(method, parameters)
    }
    if ClientMethods.attachmentNames.contains(method) {
      return try await callAttachment(method, parameters)
    }
    if ClientMethods.pollNames.contains(method) { return try await callPoll(method, parameters) }
    if ClientMethods.remarkNames.contains(method) {
      return try await callRemark(method, parameters)
    }
    if ClientMethods.typingNames.contains(method) { return try await callTyping(parameters) }
    if ClientMethods.contentNames.contains(method) {
      return try await callContent(method, parameters)
    }
    if ClientMethods.archiveNames.contains(method) {
      return try await callArchive(method, parameters)
    }
    if ClientMethods.joinNames.contains(method) { return try await callJoin(method, parameters) }
    if ClientMethods.organising.contains(method) { return try await organise(method, parameters) }
    if ClientMethods.deviceNames.contains(method) {
      return try await callDevice(method, parameters)
    }
    if ClientMethods.historyNames.contains(method) {
      return try await callHistory(method, parameters)
    }
    switch method {
    case "register": return try await register(parameters)
    case "send": return try await send(parameters)
    case "reply": return try await reply(parameters)
    case "react": return try await react(parameters)
    case "edit": return try await edit(parameters)
    case "delete": return try await delete(parameters)
    case "revisions": return try await revisions(parameters)
    case "message-state": return try await messageState(parameters)
    case "receive": return try await receive(parameters)
    case "acknowledge": return try await acknowledge(parameters)
    case "conversations": return try await conversations(parameters)
    case "history": return try await history(parameters)
    case "search": return try await search(parameters)
    case "mark-read": return try await markRead(parameters)
    case "safety-number": return try await safetyNumber(parameters)
    case "verify": return try await verify(parameters)
    case "identity-accept": return try await acceptIdentity(parameters)
    case "unverify": return try await unverify(parameters)
    case "timer": return try await timer(parameters)
    case "timer-accept": return try await answerTimer(parameters, accepting: true)
    case "timer-decline": return try await answerTimer(parameters, accepting: false)
    case "status": return try await status(parameters)
    case "protect-show": return try await protectShow(parameters)
    case "rpc.discover": return try discover(parameters)
    default: preconditionFailure("a method that is not in the list")
    }
  }

  /// The reference of the group of this name. What is no group's name is left to the method.
  private func reference(of text: String) async throws(ClientFailure) -> String {
    do throws(ClientFailure) {
      return try await client.reference(of: text)
    } catch {
      guard error.code == .badRequest else { return text }
      throw error
    }
  }

  private func register(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let invite = try input.string("invite")
    let timeout = try input.timeout()
    try input.finish()
    try await client.register(address, invite: invite, timeout: timeout ?? .seconds(60))
    return ["address": .string(address)]
  }

  private func send(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let text = try input.string("text")
    let time = try input.optionalScheduleTime("at")
    let timer = try ClientMethods.timer(&input)
    let preview = try ClientMethods.preview(&input)
    let wait = try Wait(&input)
    try input.finish()
    if let time {
      guard wait.goal == nil, timer == nil, preview == nil else {
        throw ClientFailure(
          .badRequest,
          "What is scheduled is not waited for and has no timer or preview of its own.")
      }
      return try await schedule(text, to: address, at: time)
    }
    let id: [UInt8]
    if let preview {
      id = try await client.send(
        text, to: address, preview: preview.words, picture: preview.picture, timer: timer)
    } else if let timer {
      id = try await client.send(text, to: address, timer: timer)
    } else {
      id = try await client.send(text, to: address)
    }
    return try await waiting(wait, for: id, to: address)
  }

  private func messageState(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let text = try input.string("messageId")
    let wait = try Wait(&input)
    try input.finish()
    let state = try await client.wait(
      for: wait.goal ?? .queued, of: try ClientMethods.identifier(text), to: address,
      timeout: wait.timeout)
    return ["state": .string(state.rawValue)]
  }

  private func receive(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let subscriber = try input.string("subscriber")
    let fromStart = try input.flag("fromStart")
    let limit = try input.limit(default: 100, maximum: ClientLimits.pageMax)
    let timeout = try input.timeout()
    try input.finish()
    let page = try await client.receive(
      subscriber: subscriber, fromStart: fromStart, limit: limit, timeout: timeout)
    return ["events": .array(page.map(\.json))]
  }

  private func acknowledge(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let subscriber = try input.string("subscriber")
    let seq = try input.count("seq")
    try input.finish()
    return ["cursor": .count(try await client.acknowledge(subscriber: subscriber, seq: seq))]
  }

  private func conversations(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    try input.finish()
    return ["conversations": .array(try await client.conversations().map(\.json))]
  }

  /// Oldest first, as people read.
  private func history(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let limit = try input.limit(default: 50, maximum: ClientLimits.pageMax)
    let before = try input.optionalCount("before")
    try input.finish()
    let lines = try await client.history(with: address, limit: limit, before: before)
    return ["messages": .array(lines.reversed().map(\.json))]
  }

  private func markRead(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    let order = try input.count("upTo")
    try input.finish()
    let count = try await client.markRead(with: address, upTo: order)
    return ["count": .integer(Int64(count))]
  }

  private func discover(_ input: JSONRPCParameters) throws(ClientFailure) -> JSONValue {
    try input.finish()
    return OpenRPC.document
  }

  private func status(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    try input.finish()
    return try await client.status().json
  }

  private func protectShow(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    let address = try input.string("address")
    try input.finish()
    return try await client.protection(of: address).json
  }
}
