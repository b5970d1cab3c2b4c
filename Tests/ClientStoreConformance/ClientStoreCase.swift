// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import SansIO

/// A store did not do what the protocol says.
package struct ConformanceFailure: Error, Hashable, CustomStringConvertible {
  /// Where the case demanded it.
  package let line: UInt
  /// What was demanded.
  package let demand: String
  /// Both, for a test's output.
  package var description: String { "line \(line): \(demand)" }
}

/// One case of the suite that every `ClientStore` passes. Each case wants a store of its own.
package enum ClientStoreCase: String, CaseIterable, Sendable {
  /// A store that was just made holds nothing.
  case emptyAtFirst
  /// The account row comes back as it was put, is replaced, and is removed.
  case account
  /// Key packages are listed by time, then reference, and removed.
  case keyPackages
  /// Peers are listed by address in byte order.
  case peers
  /// Welcomes are listed by their place in the inbox.
  case welcomes
  /// Conversations are found by identifier and by address.
  case conversations
  /// Groups come back whole, with and without their optional parts.
  case groups
  /// Epochs are listed lowest first; ratchets are replaced alone.
  case epochs
  /// A group has one pending commit at most.
  case pendingCommit
  /// Lines get rising numbers, pages go backwards, and states are replaced.
  case messages
  /// Annotations are found by what said them and by what they are about.
  case annotations
  /// Rooms are replaced by conversation; wanted changes get rising numbers.
  case rooms
  /// Join links and requests are replaced by their keys and listed in order.
  case joins
  /// Requests and blocks are replaced by their keys and listed in order.
  case contacts
  case uploads
  /// Files that stay are found by blob, by message and by phase, in order, and counted.
  case keptFiles
  /// Imported lines stand in their places, and the others are found without them.
  case imports
  /// What own devices share is listed by key, what was changed by itself.
  case own
  /// History is listed in order; earlier lines take the numbers that were left out for them.
  case history
  /// Texts are found by their words while they are there, and by nothing else.
  case search
  /// Arrangements are replaced by conversation; stars are listed newest line first.
  case organising
  /// Scheduled texts come by their time, and their numbers are not used again.
  case scheduled
  /// Timers are found by deadline and by anchor.
  case timers
  /// Received lines are found until they are seen.
  case unseen
  /// Outbox rows get rising numbers that are not used again.
  case outbox
  /// Stored outbox rows go once their entry was read.
  case storedOutbox
  /// A receipt that says `read` is not taken back.
  case receipts
  /// Events get numbers without holes, also after all were removed.
  case events
  /// Subscriptions and settings are replaced by name.
  case subscribersAndSettings
  /// A body that throws leaves no trace, and its numbers are given again.
  case rollback
  /// A transaction reads its own writes.
  case readsOwnWrites
  /// Bytes of every value, empty ones, and the largest integers survive.
  case extremes

  /// Runs the case on `store`, which must be empty.
  ///
  /// - Throws: `ConformanceFailure`, or what the store throws.
  package func run(on store: inout some ClientStore) throws {
    switch self {
    case .emptyAtFirst: try emptyAtFirst(&store)
    case .account: try account(&store)
    case .keyPackages: try keyPackages(&store)
    case .peers: try peers(&store)
    case .welcomes: try welcomes(&store)
    case .conversations: try conversations(&store)
    case .groups: try groups(&store)
    case .epochs: try epochs(&store)
    case .pendingCommit: try pendingCommit(&store)
    case .messages: try messages(&store)
    case .annotations: try annotations(&store)
    case .rooms: try rooms(&store)
    case .joins: try joins(&store)
    case .contacts: try contacts(&store)
    case .uploads: try uploads(&store)
    case .keptFiles: try keptFiles(&store)
    case .imports: try imports(&store)
    case .own: try own(&store)
    case .history: try history(&store)
    case .search: try search(&store)
    case .organising: try organising(&store)
    case .scheduled: try scheduled(&store)
    case .timers: try timers(&store)
    case .unseen: try unseen(&store)
    case .outbox: try outbox(&store)
    case .storedOutbox: try storedOutbox(&store)
    case .receipts: try receipts(&store)
    case .events: try events(&store)
    case .subscribersAndSettings: try subscribersAndSettings(&store)
    case .rollback: try rollback(&store)
    case .readsOwnWrites: try readsOwnWrites(&store)
    case .extremes: try extremes(&store)
    }
  }
}

/// Fails the case unless `condition` holds.
func demand(
  _ condition: Bool, _ text: String, line: UInt = #line
) throws(ConformanceFailure) {
  if !condition { throw ConformanceFailure(line: line, demand: text) }
}

/// Fails the case unless both are equal.
func demandEqual<Value: Equatable>(
  _ found: Value?, _ wanted: Value?, line: UInt = #line
) throws(ConformanceFailure) {
  if found != wanted {
    let texts = [found, wanted].map { $0.map { "\($0)" } ?? "nothing" }
    throw ConformanceFailure(line: line, demand: "found \(texts[0]), wanted \(texts[1])")
  }
}
