// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Identity
import Logging
import Server

/// The words of the command line, parsed.
struct ServerStart {
  private var configuration: ServerConfiguration
  private let logger: Logger

  init(
    data: String, listen: String, domains: [String], certificate: String?, key: String?,
    logLevel: String, synchronous: String, checkpointBytes: Int, plaintext: Bool, rates: String
  ) throws {
    guard let colon = listen.lastIndex(of: ":"),
      let port = UInt16(listen[listen.index(after: colon)...])
    else { throw ValidationError("--listen takes HOST:PORT") }
    var host = String(listen[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard !domains.isEmpty else { throw ValidationError("--domain is needed at least once") }
    var services: [ServiceDomain] = []
    for text in domains {
      guard let domain = try? ServiceDomain(text) else {
        throw ValidationError("'\(text)' is no domain: lower-case letters, digits, dots, hyphens")
      }
      services.append(domain)
    }
    configuration = ServerConfiguration(
      dataFolder: data, host: host, port: Int(port), domains: services)
    switch (certificate, key) {
    case (let certificate?, let key?): configuration.certificateFiles = (certificate, key)
    case (nil, nil): break
    default: throw ValidationError("--tls-cert and --tls-key go together")
    }
    switch synchronous {
    case "full": configuration.keepsOnPowerLoss = true
    case "normal": configuration.keepsOnPowerLoss = false
    default: throw ValidationError("--synchronous takes full or normal")
    }
    guard ServerConfiguration.checkpointBytesAllowed.contains(checkpointBytes) else {
      throw ValidationError("--checkpoint-bytes takes 4096 to 1073741824")
    }
    configuration.checkpointBytes = checkpointBytes
    configuration.isPlaintext = plaintext
    switch rates {
    case "standard": break
    case "unrestricted": configuration.liftRates()
    default: throw ValidationError("--rates takes standard or unrestricted")
    }
    guard let level = Logger.Level(rawValue: logLevel) else {
      throw ValidationError(
        "--log-level takes trace, debug, info, notice, warning, error, critical")
    }
    var logger = Logger(label: "sotto-server") { _ in ServerLogHandler(level: level) }
    logger.logLevel = level
    self.logger = logger
  }

  func server() throws(ServerStartFailure) -> SottoServer {
    try SottoServer(configuration, logger: logger)
  }
}

extension ServerStartFailure {
  var exitCode: Int32 {
    switch self {
    case .dataFolder, .dataFolderInUse: 3
    case .listen, .plaintextElsewhere: 4
    case .store: 5
    case .certificate: 6
    }
  }

  var text: String {
    switch self {
    case .dataFolder: "the data folder cannot be used"
    case .dataFolderInUse: "another server has this data folder"
    case .listen: "the address cannot be listened on"
    case .plaintextElsewhere: "--plaintext takes a loopback address only"
    case .store: "the database does not open"
    case .certificate: "the certificate or its key cannot be used"
    }
  }
}
