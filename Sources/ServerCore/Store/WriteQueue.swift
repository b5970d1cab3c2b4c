// SPDX-License-Identifier: Apache-2.0

/// What waits for the one writer. No timer fills a batch: it holds what queued up while the one
/// before was written, so at low load a request waits for nothing and at high load batches fill.
package struct WriteQueue<Origin: Sendable>: Sendable {
  /// A request and whom its answer goes to.
  package struct Item: Sendable {
    package let origin: Origin
    package let request: StoreRequest
  }

  private var items: [Item] = []
  private var first = 0
  private var bytes = 0

  /// An empty queue.
  package init() {}

  /// Whether nothing waits.
  package var isEmpty: Bool { first == items.count }

  /// How many requests wait.
  package var count: Int { items.count - first }

  /// Adds a request, or gives `false` when the queue is full: the caller answers
  /// `refused(.unavailable)`.
  package mutating func append(_ request: StoreRequest, from origin: Origin) -> Bool {
    let size = request.byteCount
    guard count < ServerLimits.queuedRequestsMax else { return false }
    guard isEmpty || bytes + size <= ServerLimits.queuedBytesMax else { return false }
    items.append(Item(origin: origin, request: request))
    bytes += size
    return true
  }

  /// Takes the requests of the next transaction, oldest first.
  package mutating func takeBatch() -> [Item] {
    var batch: [Item] = []
    var batchBytes = 0
    while first < items.count, batch.count < ServerLimits.batchRequestsMax {
      let size = items[first].request.byteCount
      guard batch.isEmpty || batchBytes + size <= ServerLimits.batchBytesMax else { break }
      batch.append(items[first])
      batchBytes += size
      first += 1
    }
    bytes -= batchBytes
    if first == items.count {
      items.removeAll(keepingCapacity: true)
      first = 0
    } else if first > ServerLimits.queuedRequestsMax {
      items.removeFirst(first)
      first = 0
    }
    return batch
  }
}
