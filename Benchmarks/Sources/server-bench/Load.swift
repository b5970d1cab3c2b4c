// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writers and readers of some logs: each writer keeps `window` messages on their way, and sends the
/// next one when the server has acknowledged one and all readers of its log have it.
final class Load {
  private struct Message {
    let writer: Int
    let sent: Double
    var acknowledged = 0.0
    var readersLeft: Int
  }

  private struct Reader {
    let subscription: UInt64
    let log: Int
    var seq: UInt64 = 0
  }

  private let poller: Poller
  private let logs: [LoadLog]
  /// The connection and the log of each writer.
  private var writers: [(link: Int, log: Int)] = []
  private var readers: [Int: Reader] = [:]
  private let readersPerLog: Int
  private var messages: [Message] = []
  /// The message that each open request of a connection appends.
  private var requests: [Int: [UInt64: Int]] = [:]
  private var isSending = true
  private var left = 0
  private var began = 0.0
  private var ended = 0.0
  private var deliveries = 0
  private var delivered: [Double] = []
  private var acknowledged: [Double] = []

  /// Connects everybody and makes and subscribes the logs.
  init(port: UInt16, logs count: Int, writersPerLog: Int, readersPerLog: Int) throws {
    poller = try Poller()
    logs = (0..<count).map { _ in LoadLog() }
    self.readersPerLog = readersPerLog
    for log in 0..<count {
      for number in 0..<writersPerLog {
        let link = try open(port: port)
        writers.append((link, log))
        guard number == 0 else { continue }
        poller.send(try logs[log].create(poller.links[link].nextRequest()), on: link)
        try wait(for: link)
      }
      for _ in 0..<readersPerLog {
        let link = try open(port: port)
        let subscription = poller.links[link].nextRequest()
        readers[link] = Reader(subscription: subscription, log: log)
        poller.send(try logs[log].subscribe(subscription), on: link)
        try wait(for: link)
      }
    }
  }

  private func open(port: UInt16) throws -> Int {
    let number = try poller.add(Link(port: port))
    try wait(for: number)
    return number
  }

  /// Waits for the next message on one connection.
  private func wait(for link: Int) throws {
    var isThere = false
    let patience = milliseconds() + 10_000
    while !isThere {
      guard milliseconds() < patience else { throw LoadFailure("the server does not answer") }
      try unsafe poller.turn(milliseconds: 1_000) { number, bytes in
        _ = unsafe try ServerMessage(bytes)
        isThere = isThere || number == link
      }
    }
  }

  /// Warms up, measures, and waits until every message has come to everybody.
  func run(window: Int, warmUp: Double, seconds: Double, server: Int32) throws -> Figures {
    let start = milliseconds()
    began = start + warmUp * 1e3
    ended = began + seconds * 1e3
    for index in writers.indices {
      for _ in 0..<window { try send(writer: index) }
    }
    var figures = Figures()
    var isMeasuring = false
    while true {
      let now = milliseconds()
      if !isMeasuring, now >= began {
        isMeasuring = true
        began = now
        ended = now + seconds * 1e3
        figures.serverCPU = -processorSeconds(of: server)
        figures.loadCPU = -processorSeconds(of: getpid())
      }
      if isSending, isMeasuring, now >= ended {
        isSending = false
        ended = now
        figures.serverCPU += processorSeconds(of: server)
        figures.loadCPU += processorSeconds(of: getpid())
      }
      if !isSending, left == 0 { break }
      guard now < ended + 30_000 else { throw LoadFailure("\(left) messages did not arrive") }
      try unsafe poller.turn(milliseconds: 100) { link, bytes in
        try unsafe take(ServerMessage(bytes), on: link, at: milliseconds())
      }
    }
    try checkCounts()
    figures.messages = delivered.count
    figures.total = messages.count
    figures.deliveries = deliveries
    figures.seconds = (ended - began) / 1e3
    let (end, middle) = (Latencies(delivered), Latencies(acknowledged))
    (figures.deliveredP50, figures.deliveredP99) = (end.percentile(50), end.percentile(99))
    (figures.acknowledgedP50, figures.acknowledgedP99) = (
      middle.percentile(50), middle.percentile(99)
    )
    return figures
  }

  private func send(writer: Int) throws {
    let (link, log) = writers[writer]
    let request = poller.links[link].nextRequest()
    requests[link, default: [:]][request] = messages.count
    poller.send(try logs[log].append(request, index: messages.count), on: link)
    messages.append(
      Message(writer: writer, sent: milliseconds(), readersLeft: readersPerLog))
    left += 1
  }

  private func take(_ message: ServerMessage, on link: Int, at now: Double) throws {
    switch message.content {
    case .greeting: throw LoadFailure("a second greeting")
    case .done: break
    case .appended:
      guard let index = requests[link]?.removeValue(forKey: message.requestID) else {
        throw LoadFailure("an answer to no request")
      }
      messages[index].acknowledged = now
      if now >= began, now < ended { acknowledged.append(now - messages[index].sent) }
      try finish(index, at: now)
    case .entries:
      guard var reader = readers[link] else { throw LoadFailure("entries for nobody") }
      try message.eachEntry { seq, index in
        guard seq == reader.seq + 1 else { throw LoadFailure("an entry out of order") }
        reader.seq = seq
        messages[index].readersLeft -= 1
        if now >= began, now < ended { deliveries += 1 }
        try finish(index, at: now)
      }
      readers[link] = reader
      poller.send(
        try LoadLog.acknowledge(
          poller.links[link].nextRequest(), subscription: reader.subscription, seq: reader.seq),
        on: link)
    }
  }

  /// A message that is acknowledged and with everybody makes room for the next one.
  private func finish(_ index: Int, at now: Double) throws {
    let message = messages[index]
    guard message.readersLeft == 0, message.acknowledged > 0 else { return }
    left -= 1
    if now >= began, now < ended { delivered.append(now - message.sent) }
    if isSending { try send(writer: message.writer) }
  }

  /// Every reader has every message of its log, once.
  private func checkCounts() throws {
    var counts = [UInt64](repeating: 0, count: logs.count)
    for message in messages { counts[writers[message.writer].log] += 1 }
    for reader in readers.values where reader.seq != counts[reader.log] {
      throw LoadFailure("a reader has \(reader.seq) of \(counts[reader.log]) messages")
    }
  }
}
