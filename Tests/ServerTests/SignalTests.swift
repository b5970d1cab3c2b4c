// SPDX-License-Identifier: Apache-2.0

import Foundation
import Server
import ServerCore
import Testing
import Wire

/// Signals from one socket to others.
@Suite(.timeLimit(.minutes(3)))
struct SignalTests {
  @Test func aSignalComesToAllOthersWhoRead() async throws {
    try await RunningServer.with { running in
      let log = TestLog(31)
      let writer = try await running.logs()
      try await writer.makeLog(log)
      var readers: [(client: LogsClient, subscription: UInt64)] = []
      for _ in 0..<5 {
        let reader = try await running.logs()
        guard case .subscribeLog(var subscribe) = log.subscribe() else { return }
        subscribe.signals = true
        let subscription = try await reader.send(.subscribeLog(subscribe))
        _ = try await reader.next { $0.requestID == subscription }
        readers.append((reader, subscription))
      }
      for number in 0..<3 as Range<UInt8> {
        var signal = WireSendSignal()
        signal.right = log.right(0)
        signal.body = Data(repeating: number, count: ServerLimits.signalBytes)
        #expect(try await readers[0].client.ask(.sendSignal(signal)) == .done(WireDone()))
        for (reader, subscription) in readers.dropFirst() {
          let frame = try await reader.next { $0.requestID == subscription }
          #expect(frame.signal.body == signal.body)
        }
      }
      // The next that the sender hears by its own subscription is an entry.
      _ = try await writer.append(log.message(1))
      let next = try await readers[0].client.next { $0.requestID == readers[0].subscription }
      #expect(next.entries.entries.map(\.seq) == [1])
      #expect(try await writer.readAll(log).count == 1)
      for (reader, _) in readers { await reader.close() }
      await writer.close()
    }
  }
}
