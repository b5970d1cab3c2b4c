// SPDX-License-Identifier: Apache-2.0

import SansIO
import Foundation
import Identity
import Server
import ServerCore
import Testing
import Wire

/// Requests through TLS, WebSocket, sessions, writer thread and database.
@Suite(.timeLimit(.minutes(3)))
struct RequestTests {
  @Test func anAccountIsMadeAndItsKeyPackagesAreTaken() async throws {
    try await RunningServer.with { running in
      let account = try TestAccount("ada")
      let inbox = try await running.inbox()
      let register = try account.register(try await inbox.nonce())
      #expect(try await inbox.ask(register) == .done(WireDone()))
      var upload = WireUploadKeyPackages()
      upload.oneTime = [Data([1]), Data([2])]
      upload.lastResort = Data([9])
      #expect(try await inbox.ask(.uploadKeyPackages(upload)) == .done(WireDone()))
      let logs = try await running.logs()
      var take = WireTakeKeyPackages()
      take.address = "ada@messenger.example"
      var taken: [Data] = []
      for _ in 0..<4 {
        guard case .keyPackages(let packages)? = try await logs.ask(.takeKeyPackages(take)) else {
          Issue.record("no key packages")
          return
        }
        #expect(Array(packages.manifest) == account.manifest.encoded)
        #expect(packages.packages.map(\.deviceID) == [1])
        taken += packages.packages.map(\.keyPackage)
      }
      #expect(Set(taken.prefix(2)) == [Data([1]), Data([2])])
      #expect(taken.suffix(2) == [Data([9]), Data([9])])
      await inbox.close()
      let again = try await running.inbox()
      #expect(try await again.ask(try account.login(try await again.nonce())) == .done(WireDone()))
      guard
        case .keyPackageCount(let count)? = try await again.ask(
          .countKeyPackages(WireCountKeyPackages()))
      else {
        Issue.record("no count")
        return
      }
      #expect(count.oneTime == 0)
      #expect(count.lastResort)
    }
  }

  /// A proof for another endpoint, and one over another connection's nonce.
  @Test(arguments: [true, false])
  func wrongProofsAreRefusedAndEndTheConnection(isNonceForeign: Bool) async throws {
    try await RunningServer.with { running in
      let account = try TestAccount("eve")
      let first = try await running.inbox()
      let second = try await running.inbox()
      let (mine, other) = (try await first.nonce(), try await second.nonce())
      let request = try account.register(
        isNonceForeign ? other : mine, endpoint: isNonceForeign ? "/v1/inbox" : "/v1/logs")
      guard case .failure(let failure)? = try await first.ask(request) else {
        Issue.record("not refused")
        return
      }
      #expect(failure.code == .unauthenticated)
      await #expect(throws: RawConnection.Fault.ended) { _ = try await first.next() }
      // The handle is still free.
      #expect(try await second.ask(try account.register(other)) == .done(WireDone()))
    }
  }

  @Test func oneOfTwoCommitsWins() async throws {
    try await RunningServer.with { running in
      let log = TestLog(1)
      let clients = [try await running.logs(), try await running.logs()]
      try await clients[0].makeLog(log)
      for epoch in 0..<20 as Range<UInt64> {
        var ids: [UInt64] = []
        for (index, client) in clients.enumerated() {
          let number = epoch * 10 + UInt64(index)
          ids.append(try await client.send(.commit(log.commit(number, ending: epoch))))
        }
        var winners = 0
        for (client, id) in zip(clients, ids) {
          switch try await client.next(where: { $0.requestID == id }).response {
          case .appended(let appended):
            winners += 1
            #expect(appended.seq == epoch + 1)
          case .failure(let failure):
            #expect(failure.code == .staleEpoch)
            #expect(failure.epoch == epoch + 1)
            #expect(failure.head == epoch + 1)
          default: Issue.record("neither won nor lost")
          }
        }
        #expect(winners == 1)
      }
      let entries = try await clients[1].readAll(log, epoch: 20)
      #expect(entries.map(\.seq) == Array(1...20))
      #expect(running.metric("sotto_commits_total") == 20)
      #expect(running.metric("sotto_stale_epochs_total") == 20)
    }
  }

  @Test func entriesArePushedToWhoSubscribed() async throws {
    try await RunningServer.with { running in
      let log = TestLog(2)
      let writer = try await running.logs()
      try await writer.makeLog(log)
      _ = try await writer.append(log.message(0))
      let reader = try await running.logs()
      let subscription = try await reader.send(log.subscribe())
      var seen: [UInt64] = []
      let first = try await reader.next { $0.requestID == subscription }.entries
      #expect(first.first)
      seen += first.entries.map(\.seq)
      var unanswered: [UInt64] = []
      for number in 1..<600 as Range<UInt64> {
        unanswered.append(try await writer.send(.append(log.message(number))))
        if number % 50 == 0 {
          // A reader may see entries before the writer's loop has had the answers: whoever goes on
          // without them has more requests open than a connection may have.
          for id in unanswered {
            guard case .appended = try await writer.next(where: { $0.requestID == id }).response
            else {
              Issue.record("not appended")
              return
            }
          }
          unanswered = []
          while seen.count < Int(number) {
            seen += try await reader.next { $0.requestID == subscription }.entries.entries
              .map(\.seq)
          }
          var acknowledge = WireAcknowledgeLog()
          acknowledge.subscription = subscription
          acknowledge.seq = seen.last ?? 0
          #expect(try await reader.ask(.acknowledgeLog(acknowledge)) == .done(WireDone()))
        }
      }
      while seen.count < 600 {
        seen += try await reader.next { $0.requestID == subscription }.entries.entries.map(\.seq)
      }
      #expect(seen == Array(1...600))
    }
  }

  @Test func aMessageSentAgainAfterACutHasItsNumber() async throws {
    try await RunningServer.with { running in
      let log = TestLog(3)
      let first = try await running.logs()
      try await first.makeLog(log)
      let receipt = try await first.append(log.message(1, [1, 2, 3]))
      #expect(!receipt.duplicate)
      // Cut with requests on their way: whether they arrived is not known.
      for number in 2..<40 as Range<UInt64> { try await first.send(.append(log.message(number))) }
      await first.close()
      let second = try await running.logs()
      let again = try await second.append(log.message(1, [1, 2, 3]))
      #expect(again.seq == receipt.seq)
      #expect(again.acceptedMs == receipt.acceptedMs)
      #expect(again.duplicate)
      var sequence = Set([receipt.seq])
      for number in 2..<40 as Range<UInt64> {
        sequence.insert(try await second.append(log.message(number)).seq)
      }
      #expect(sequence == Set(1...39))
      let entries = try await second.readAll(log)
      #expect(entries.map(\.seq) == Array(1...39))
      #expect(Set(entries.map(\.submitID)).count == 39)
    }
  }

  @Test func tooManyRequestsAreToldWhenToComeAgain() async throws {
    try await RunningServer.with(configure: {
      $0.rates.right = TokenBucket.Rate(size: 3, refill: .seconds(60))
    }) { running in
      let log = TestLog(4)
      let client = try await running.logs()
      try await client.makeLog(log)
      for number in 0..<3 as Range<UInt64> { _ = try await client.append(log.message(number)) }
      let failure = try await client.failure(.append(log.message(3)))
      #expect(failure.code == .rateLimited)
      #expect((1...60_000).contains(failure.retryAfterMs))
      #expect(running.metric("sotto_rate_limited_total") == 1)
      // The limit is the log's, whoever asks.
      let other = try await running.logs()
      #expect(try await other.failure(.append(log.message(3))).code == .rateLimited)
    }
  }

  @Test func welcomesReachTheInbox() async throws {
    try await RunningServer.with { running in
      let account = try TestAccount("bob")
      let inbox = try await running.inbox()
      let register = try account.register(try await inbox.nonce())
      #expect(try await inbox.ask(register) == .done(WireDone()))
      let first = try await inbox.ask(.subscribeInbox(WireSubscribeInbox()))
      #expect(first == .entries(WireInboxEntries()))
      let logs = try await running.logs()
      let log = TestLog(6)
      try await logs.makeLog(log)
      var device = WireDeviceAddress()
      device.address = "bob@messenger.example"
      device.deviceID = 1
      var welcome = WireWelcomeDelivery()
      welcome.devices = [device]
      welcome.body = Data([7, 7, 7])
      var commit = log.commit(1, ending: 0)
      commit.welcomes = [welcome]
      guard case .appended? = try await logs.ask(.commit(commit)) else {
        Issue.record("not committed")
        return
      }
      let pushed = try await inbox.next { !$0.entries.entries.isEmpty }
      #expect(pushed.entries.entries.map(\.body) == [Data([7, 7, 7])])
    }
  }
}
