// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import Foundation
import Glibc
import SottoClient

struct Chat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Converse on the terminal.",
    discussion: """
      What was said comes first, then what is said while you are there. Type and press Enter; \
      /help lists what else can be done. Where standard input or output is no terminal, and with \
      --plain, lines go in and out and the cursor is never moved.
      """)

  @Argument(help: "With whom, name@domain.", completion: .addresses)
  var address: String

  @Flag(help: "Sentences instead of signs, line by line: for screen readers.")
  var plain = false

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if options.json { throw ValidationError("A conversation is for people; see receive --json.") }
  }

  func run() async throws {
    let drawing = !plain && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
    let session = ChatSession(
      address: address, plain: plain, folder: FileManager.default.currentDirectoryPath)
    try await options.perform { access in
      try await access.connect(settles: true, sharing: .shared) { connection in
        try await ChatLoop.run(session, drawing: drawing, &connection)
      }
    }
  }
}

/// The tasks around a `ChatTerminal`: one reads the keyboard, one sends, this one receives.
private enum ChatLoop {
  /// The number of the request whose answer ends the loop; the session's count up from 1.
  private static let last: Int64 = 0
  private static let bytesAtOnce = 4096

  static func run(
    _ session: ChatSession, drawing: Bool, _ connection: inout SottoConnection
  ) async throws {
    let (requests, continuation) = AsyncStream.makeStream(of: ChatTerminal.Request.self)
    let writer = connection.requestWriter
    let terminal = ChatTerminal(session, drawing: drawing, requests: continuation) {
      continuation.yield(.init(number: last, method: "status", parameters: [:]))
    }
    let sender = Task {
      for await request in requests {
        try await writer.send(request.number, request.method, request.parameters)
      }
    }
    let reader = Task {
      for await bytes in standardInput() { await terminal.input(bytes) }
      await terminal.input(nil)
    }
    let signals = [
      on(SIGWINCH) { await terminal.resized() }, on(SIGCONT) { await terminal.resumed() },
    ]
    defer {
      signals.forEach { $0.cancel() }
      sender.cancel()
      reader.cancel()
    }
    await terminal.start()
    let ended: Result<Bool, any Error>
    do {
      ended = .success(try await receive(terminal, &connection))
    } catch {
      ended = .failure(error)
    }
    await terminal.end()
    if try !ended.get(), !Task.isCancelled {
      throw SottoFailure.ended("The client has ended.")
    }
  }

  /// Whether the conversation is over, and not only the connection.
  private static func receive(
    _ terminal: ChatTerminal, _ connection: inout SottoConnection
  ) async throws -> Bool {
    while let incoming = try await connection.nextIncoming() {
      if case .answer(last, _) = incoming { return true }
      await terminal.receive(incoming)
    }
    return false
  }

  private static func on(
    _ signal: Int32, _ work: @escaping @Sendable () async -> Void
  ) -> any DispatchSourceSignal {
    let source = DispatchSource.makeSignalSource(signal: signal, queue: .global())
    source.setEventHandler { Task { await work() } }
    source.resume()
    return source
  }

  /// The bytes of standard input as they come, read by a thread that may be left behind.
  private static func standardInput() -> AsyncStream<[UInt8]> {
    AsyncStream { continuation in
      Thread.detachNewThread {
        var buffer = [UInt8](repeating: 0, count: bytesAtOnce)
        while true {
          let count = unsafe read(STDIN_FILENO, &buffer, bytesAtOnce)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { break }
          continuation.yield(Array(buffer.prefix(count)))
        }
        continuation.finish()
      }
    }
  }
}
