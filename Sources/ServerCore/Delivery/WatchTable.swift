// SPDX-License-Identifier: Apache-2.0

/// Who is woken by what. Wakes carry no content: the woken session reads what it may read.
package struct WatchTable<Watcher: Hashable & Comparable & Sendable>: Sendable {
  private var watchers: [Wake: Set<Watcher>] = [:]
  private var wakes: [Watcher: Set<Wake>] = [:]

  /// An empty table.
  package init() {}

  /// Adds a watcher; a second time changes nothing.
  package mutating func watch(_ wake: Wake, by watcher: Watcher) {
    watchers[wake, default: []].insert(watcher)
    wakes[watcher, default: []].insert(wake)
  }

  /// Removes a watcher of one wake.
  package mutating func unwatch(_ wake: Wake, by watcher: Watcher) {
    remove(watcher, from: wake)
    wakes[watcher]?.remove(wake)
    if wakes[watcher]?.isEmpty == true { wakes[watcher] = nil }
  }

  /// Removes a watcher whose connection is gone.
  package mutating func removeAll(of watcher: Watcher) {
    for wake in wakes.removeValue(forKey: watcher) ?? [] { remove(watcher, from: wake) }
  }

  /// Who watches, in rising order.
  package func watchers(of wake: Wake) -> [Watcher] { (watchers[wake] ?? []).sorted() }

  /// Whether nobody watches anything.
  package var isEmpty: Bool { watchers.isEmpty && wakes.isEmpty }

  private mutating func remove(_ watcher: Watcher, from wake: Wake) {
    watchers[wake]?.remove(watcher)
    if watchers[wake]?.isEmpty == true { watchers[wake] = nil }
  }
}
