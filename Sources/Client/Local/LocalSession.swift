// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import NIOCore

/// What `subscribe` takes.
package struct Subscription: Sendable {
  let subscriber: String
  let fromStart: Bool
  /// Tells who types, too.
  let typing: Bool

  /// Takes the parameters.
  package init(_ parameters: JSONRPCParameters) throws(ClientFailure) {
    var parameters = parameters
    subscriber = try parameters.string("subscriber")
    fromStart = try parameters.flag("fromStart")
    typing = try parameters.flag("typing")
    try parameters.finish()
  }
}

/// One program that is connected to the daemon.
struct LocalSession: Sendable {
  private typealias Writer = NIOAsyncChannelOutboundWriter<ByteBuffer>

  /// What a task of the session was for: only requests count against the limit.
  private enum Work {
    case request
    case subscription
  }

  private let accounts: HomeAccounts

  init(accounts: HomeAccounts) { self.accounts = accounts }

  /// Serves the connection until the program closes it or the task is cancelled. Answers come in
  /// the order in which they are ready.
  func run(_ channel: LineChannel) async {
    try? await channel.executeThenClose { inbound, outbound in
      await withTaskGroup(of: Work.self) { group in
        var running = 0
        do {
          for try await line in inbound {
            while running >= LocalLimits.requestsInFlight, let done = await group.next() {
              if done == .request { running -= 1 }
            }
            if start(line, outbound, &group) == .request { running += 1 }
          }
        } catch is LineDecoder.LineTooLong {
          let error = JSONRPCError(.parse, "A line is longer than the daemon reads.")
          try? await outbound.write(line: JSONRPCAnswer.failure(error).line)
        } catch {
          // The connection broke: there is nobody left to tell.
        }
        group.cancelAll()
      }
    }
  }

  private func start(
    _ line: [UInt8], _ outbound: Writer, _ group: inout TaskGroup<Work>
  ) -> Work {
    let request: JSONRPCRequest
    do {
      request = try JSONRPCRequest(line: line)
    } catch {
      group.addTask {
        try? await outbound.write(line: JSONRPCAnswer.failure(error).line)
        return .request
      }
      return .request
    }
    if request.method == "subscribe" {
      group.addTask {
        await subscribe(request, outbound)
        return .subscription
      }
      return .subscription
    }
    group.addTask {
      await answer(request, outbound)
      return .request
    }
    return .request
  }

  private func answer(_ request: JSONRPCRequest, _ outbound: Writer) async {
    let answer: JSONRPCAnswer
    do {
      let result = try await call(request)
      answer = .result(id: request.id ?? .null, result)
    } catch {
      answer = .failure(error)
    }
    // A notification is carried out and not answered (JSON-RPC 2.0 §4.1).
    if request.id != nil { try? await outbound.write(line: answer.line) }
  }

  private func call(_ request: JSONRPCRequest) async throws(JSONRPCError) -> JSONValue {
    guard HomeAccounts.has(request.method) else {
      throw JSONRPCError(.methodNotFound, "There is no such method.", id: request.id)
    }
    do {
      return try await accounts.call(request.method, request.parameters)
    } catch {
      throw await accounts.error(error, id: request.id)
    }
  }

  /// Answers, and then sends every event as a notification until the connection ends.
  private func subscribe(_ request: JSONRPCRequest, _ outbound: Writer) async {
    do {
      var members = request.parameters
      let account = try HomeAccounts.takeAccount(&members)
      let asked = try Subscription(JSONRPCParameters(members))
      let client = try await accounts.client(for: account)
      _ = try await client.receive(
        subscriber: asked.subscriber, fromStart: asked.fromStart, limit: 1)
      // Before the answer: who has it misses nothing.
      let notices = asked.typing ? client.typingNotices() : nil
      if let id = request.id {
        let result: JSONValue = ["subscriber": .string(asked.subscriber)]
        try await outbound.write(line: JSONRPCAnswer.result(id: id, result).line)
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        if let notices {
          group.addTask { try await stream(notices, asked.subscriber, outbound) }
        }
        group.addTask { try await stream(client, asked.subscriber, outbound) }
        try await group.waitForAll()
      }
    } catch let failure as ClientFailure {
      let error = await accounts.error(failure, id: request.id)
      try? await outbound.write(line: JSONRPCAnswer.failure(error).line)
    } catch {
      // The connection broke; unacknowledged events are sent again on the next one.
    }
  }

  /// Sends who types. These events have no number, and are not sent again.
  private func stream(
    _ notices: AsyncStream<TypingNotice>, _ subscriber: String, _ outbound: Writer
  ) async throws {
    for await notice in notices {
      try await outbound.write(line: LocalSession.line(notice.json, subscriber))
    }
  }

  private static func line(_ event: JSONValue, _ subscriber: String) -> String {
    JSONRPCRequest(
      id: nil, method: "event", parameters: ["subscriber": .string(subscriber), "event": event]
    ).line
  }

  /// Sends events in order, `eventsInFlight` of them at most beyond what was acknowledged.
  private func stream(
    _ client: SottoClient, _ subscriber: String, _ outbound: Writer
  ) async throws {
    var sent: UInt64 = 0
    while !Task.isCancelled {
      let version = client.events.version
      let page = try await client.receive(
        subscriber: subscriber, limit: LocalLimits.eventsInFlight)
      let fresh = page.filter { $0.seq > sent }
      for event in fresh {
        try await outbound.write(line: LocalSession.line(event.json, subscriber))
        sent = event.seq
      }
      if fresh.isEmpty { await client.events.wait(after: version, until: nil) }
    }
  }
}
