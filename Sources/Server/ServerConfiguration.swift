// SPDX-License-Identifier: Apache-2.0

package import Identity
package import ServerCore

/// What an operator chooses.
package struct ServerConfiguration: Sendable {
  /// Where keys and database live.
  package var dataFolder: String
  /// The address to listen on.
  package var host: String
  /// The port to listen on; 0 takes a free one.
  package var port: Int
  /// The services of this deployment.
  package var domains: [ServiceDomain]
  /// PEM files of a certificate chain and its key; nil: a self-signed one is made and kept.
  package var certificateFiles: (chain: String, key: String)?
  /// Without TLS, for a proxy on this machine that ends TLS, or for a load test: only on a loopback
  /// address, and without invite links, as clients speak TLS alone.
  package var isPlaintext = false
  /// Whether a commit waits for the disk.
  package var keepsOnPowerLoss = true
  /// Bytes of requests that are written between two copies of the write-ahead log into the
  /// database, made beside the writer.
  package var checkpointBytes = 4_194_304
  /// The rates of the sessions.
  package var rates = RatePolicy()
  /// How long TLS, the HTTP header and the upgrade may take together.
  package var upgradeDeadline = Duration.seconds(10)
  /// Threads that serve connections.
  package var eventLoops = 2

  /// The standard choices for a folder, an address and domains.
  package init(dataFolder: String, host: String, port: Int, domains: [ServiceDomain]) {
    self.dataFolder = dataFolder
    self.host = host
    self.port = port
    self.domains = domains
  }

  /// What `checkpointBytes` may be: a page to a gibibyte.
  package static let checkpointBytesAllowed = 4096...1_073_741_824

  /// Lifts all rates: a proxy limits, or this is a load test.
  package mutating func liftRates() { rates = .unrestricted }
}

/// Why a server does not start.
package enum ServerStartFailure: Error, Hashable, Sendable {
  /// The data folder cannot be made, read or written.
  case dataFolder
  /// Another server has the data folder.
  case dataFolderInUse
  /// The database does not open.
  case store
  /// The certificate or key file does not parse, or they do not belong together.
  case certificate
  /// The address cannot be listened on.
  case listen
  /// Plaintext is asked for on an address that is not this machine's own.
  case plaintextElsewhere
}
