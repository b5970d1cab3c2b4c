// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO

/// Where a connection comes from, as far as limits go.
package struct PeerAddress: Hashable, Sendable {
  private let bytes: [UInt8]

  /// An IPv4 address, 4 bytes.
  package init(ipv4 bytes: [UInt8]) { self.bytes = Array(bytes.prefix(4)) }

  /// An IPv6 address, 16 bytes. One customer has a /64, so that is what counts (RFC 6177).
  package init(ipv6 bytes: [UInt8]) { self.bytes = Array(bytes.prefix(8)) + [6] }
}

/// What is counted together.
package enum RateKey: Hashable, Sendable {
  /// All connections of one network address.
  case peer(PeerAddress)
  /// New accounts and logs of one network address.
  case peerCreation(PeerAddress)
  /// Key packages that one network address takes.
  case peerTaking(PeerAddress)
  /// All connections of one account.
  case account(Address)
  /// Writes with one token. A wrong token has a bucket of its own, so nobody empties another's.
  case right(LogRight)
  /// Signals with one token: they are counted apart from what is written.
  case signals(LogRight)
  /// Signals of one network address.
  case peerSignals(PeerAddress)
}

/// Decides whether something may happen now. One gate serves all connections of a server.
package protocol RateGate {
  /// Takes `cost` permits of `key`, or says how long to wait.
  mutating func admit(_ key: RateKey, cost: Int64, at now: Instant) -> Duration?
}

/// The rates of a deployment.
package struct RatePolicy: Hashable, Sendable {
  /// Requests of one network address: twenty busy devices that send ten a second.
  package var peer = TokenBucket.Rate(size: 2_000, refill: .milliseconds(5))
  /// A household makes a few accounts and some dozen conversations a day.
  package var peerCreation = TokenBucket.Rate(size: 60, refill: .seconds(30))
  /// First contacts, up to all the people of one group; above it, somebody uses up the key packages
  /// of others.
  package var peerTaking = TokenBucket.Rate(size: 300, refill: .seconds(5))
  /// Requests of one account on its inbox connections.
  package var account = TokenBucket.Rate(size: 240, refill: .milliseconds(250))
  /// Entries of one conversation: a lively group of hundreds.
  package var right = TokenBucket.Rate(size: 600, refill: .milliseconds(20))
  /// Signals of one conversation: a dozen people who type at once, each with a signal in five
  /// seconds.
  package var signals = TokenBucket.Rate(size: 40, refill: .milliseconds(250))
  /// Signals of one network address: all who type in a large household.
  package var peerSignals = TokenBucket.Rate(size: 200, refill: .milliseconds(50))

  /// Connections of one network address at a time.
  package var connectionsPerPeer = ServerLimits.connectionsPerPeerMax

  /// The rates above.
  package init() {}

  /// Rates for a server behind a proxy that limits, or for a load test on one machine: all clients
  /// have one network address there.
  package static var unrestricted: RatePolicy {
    var policy = RatePolicy()
    let rate = TokenBucket.Rate(size: 1_000_000_000, refill: .microseconds(1))
    policy.peer = rate
    policy.peerCreation = rate
    policy.peerTaking = rate
    policy.account = rate
    policy.right = rate
    policy.signals = rate
    policy.peerSignals = rate
    policy.connectionsPerPeer = .max
    return policy
  }

  func rate(of key: RateKey) -> TokenBucket.Rate {
    switch key {
    case .peer: peer
    case .peerCreation: peerCreation
    case .peerTaking: peerTaking
    case .account: account
    case .right: right
    case .signals: signals
    case .peerSignals: peerSignals
    }
  }
}

/// The buckets of all keys in use; a key without a bucket has a full one.
package struct RateLimiter: RateGate, Sendable {
  /// Buckets that are remembered. Above it, keys not seen before have to wait.
  package static let bucketsMax = 100_000
  private static let purgeInterval: Duration = .seconds(1)

  private let policy: RatePolicy
  private let bucketsMax: Int
  private var buckets: [RateKey: TokenBucket] = [:]
  private var purgeAllowedAt = Instant(milliseconds: .min)

  package init(policy: RatePolicy, bucketsMax: Int = RateLimiter.bucketsMax) {
    self.policy = policy
    self.bucketsMax = bucketsMax
  }

  /// How many buckets are remembered.
  package var count: Int { buckets.count }

  package mutating func admit(_ key: RateKey, cost: Int64, at now: Instant) -> Duration? {
    var bucket: TokenBucket
    if let known = buckets[key] {
      bucket = known
    } else {
      if buckets.count >= bucketsMax { purge(at: now) }
      guard buckets.count < bucketsMax else { return Self.purgeInterval }
      bucket = TokenBucket(fullAt: now)
    }
    let wait = bucket.take(cost, of: policy.rate(of: key), at: now)
    buckets[key] = bucket
    return wait
  }

  /// Forgets the buckets that are full, at most once a second: it looks at all of them.
  private mutating func purge(at now: Instant) {
    guard now >= purgeAllowedAt else { return }
    purgeAllowedAt = now + Self.purgeInterval
    buckets = buckets.filter { _, bucket in !bucket.isFull(at: now) }
  }
}
