// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import Foundation
import QRCode
import Server

@main
struct SottoServerCommand: ParsableCommand {
  private static let usageStatus: Int32 = 2

  static let configuration = CommandConfiguration(
    commandName: "sotto-server",
    abstract: "Serves private conversations of which it knows nothing.",
    version: "0.1.0",
    subcommands: [Serve.self])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
      Foundation.exit(usageStatus)
    }
  }
}

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves until SIGTERM or SIGINT, then drains and ends with status 0.",
    discussion: """
      Prints one line `invite: sotto://…` for each domain once it listens; with --plaintext, one \
      line `listening: HOST:PORT`.
      Exit status: 0 ended in good order; 2 wrong usage; 3 the data folder is in use or cannot be \
      used; 4 the address cannot be listened on; 5 the store does not open; 6 the certificate or \
      its key is unusable.
      """)

  @Option(help: "The folder of keys and database; made at the first start.")
  var data: String

  @Option(help: "HOST:PORT; port 0 takes a free one, [ADDRESS]:PORT for IPv6.")
  var listen: String

  @Option(help: "A domain to serve; may be given several times.")
  var domain: [String] = []

  @Option(help: "A PEM file with the certificate chain, instead of the self-signed one.")
  var tlsCert: String?

  @Option(help: "A PEM file with the certificate's private key.")
  var tlsKey: String?

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel = "info"

  @Option(help: "full: an answer is on disk. normal: it survives kill -9, not a power cut.")
  var synchronous = "full"

  @Option(help: "How much is written before the write-ahead log is copied into the database.")
  var checkpointBytes = 4_194_304

  @Flag(help: "No TLS: for a proxy on this machine, on a loopback address only.")
  var plaintext = false

  @Flag(help: "No QR codes of the invites: text only, as when the output is no terminal.")
  var plain = false

  @Option(help: "standard, or unrestricted: where a proxy limits, or for a load test.")
  var rates = "standard"

  func run() throws {
    let start = try ServerStart(
      data: data, listen: listen, domains: domain, certificate: tlsCert, key: tlsKey,
      logLevel: logLevel, synchronous: synchronous, checkpointBytes: checkpointBytes,
      plaintext: plaintext, rates: rates)
    let server: SottoServer
    do {
      server = try start.server()
    } catch let failure {
      FileHandle.standardError.write(Data("sotto-server: \(failure.text)\n".utf8))
      throw ExitCode(failure.exitCode)
    }
    // Whoever reads the invites may signal from then on.
    let signals = Signals()
    for invite in server.invites {
      if !plain, let picture = QRSymbol("\(invite)")?.terminalLines(for: STDOUT_FILENO) {
        for line in picture { print(line) }
      }
      print("invite: \(invite)")
    }
    if plaintext, let colon = listen.lastIndex(of: ":") {
      print("listening: \(listen[..<colon]):\(server.port)")
    }
    fflush(nil)
    signals.waitForFirst()
    server.shutDown()
  }
}

/// SIGTERM and SIGINT: the first asks for a good end, the second ends the process at once.
struct Signals {
  private static let numbers = [SIGTERM, SIGINT]
  private let arrived = DispatchSemaphore(value: 0)
  private let sources: [any DispatchSourceSignal]

  /// Listens from now on: a source is resumed at once and takes the signal over when it is
  /// registered, which is waited for. Until then the signal ends the process as it ends any other;
  /// were it ignored, as is usual elsewhere, one in between would be lost.
  init() {
    let arrived = arrived
    let registered = DispatchSemaphore(value: 0)
    sources = Self.numbers.map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { arrived.signal() }
      source.setRegistrationHandler { registered.signal() }
      source.resume()
      return source
    }
    for _ in sources { registered.wait() }
  }

  /// Blocks until one of the signals comes.
  func waitForFirst() {
    arrived.wait()
    for source in sources { source.cancel() }
    for number in Self.numbers { signal(number, SIG_DFL) }
  }
}
