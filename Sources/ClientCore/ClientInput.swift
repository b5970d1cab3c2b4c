// SPDX-License-Identifier: Apache-2.0

/// The two connections to the server.
package enum ClientEndpoint: String, CaseIterable, Hashable, Sendable {
  /// `/v1/inbox`, which carries the account.
  case inbox
  /// `/v1/logs`, which carries none.
  case logs
}

/// Why a connection ended or did not come to be.
package enum DisconnectReason: Hashable, Sendable {
  /// The server closed it, or the network broke.
  case closed
  /// Nobody answers at the server's address.
  case unreachable
  /// The server's certificate is not the pinned one.
  case wrongCertificate
}

/// Names a request of the user's programs until it is answered; chosen by the driver.
package struct RequestToken: Hashable, Sendable {
  /// The driver's number.
  package let number: UInt64

  /// Takes the driver's number.
  package init(_ number: UInt64) { self.number = number }
}

/// What enters the core.
package enum ClientInput: Sendable {
  /// A program asks.
  case request(RequestToken, ClientRequest)
  /// The WebSocket that a `connect` effect asked for is open.
  case connected(ClientEndpoint)
  /// A connection ended, or an attempt failed.
  case disconnected(ClientEndpoint, DisconnectReason)
  /// One binary WebSocket message.
  case frame(ClientEndpoint, [UInt8])
  /// Bringing a blob has ended.
  case uploadEnded(blobID: [UInt8], UploadOutcome)
  /// Fetching a file that is to stay has ended.
  case keepEnded(blobID: [UInt8], KeepOutcome)
  /// Fetching a blob for the core has ended.
  case fetchEnded(blobID: [UInt8], FetchOutcome)
  /// Time has passed; also the first input of a new core.
  case tick
}

/// What the driver must do, in this order, after the transaction is committed.
package enum ClientEffect: Sendable {
  /// Open a WebSocket to the server of the invite link, with its certificate pin.
  case connect(ClientEndpoint, invite: String)
  /// Close it; a `disconnected` input may follow and is harmless.
  case disconnect(ClientEndpoint)
  /// Send one binary WebSocket message.
  case send(ClientEndpoint, [UInt8])
  /// Bring a blob from the spool to the server; `uploadEnded` follows. One that is being brought
  /// already goes on.
  case upload(BlobUpload)
  /// Stop bringing a blob, delete it from the spool, and take it away from the server.
  case dropUpload(BlobUpload)
  /// Put a sealed blob into the spool, so that it can be brought.
  case spool(blobID: [UInt8], [UInt8])
  /// Fetch a blob; `fetchEnded` follows.
  case fetch(BlobFetch)
  /// Delete from the spool what none of these blobs is and an earlier process left.
  case keepSpool([[UInt8]])
  /// Of the sealed files that stay on this device, delete what none of these blobs is; take from
  /// the spool what is there of them. The first of all effects about files.
  case holdOnly([[UInt8]])
  /// Take a sealed file from the spool to those that stay; nothing happens when it is not there.
  case hold(blobID: [UInt8])
  /// Delete a file that has stayed.
  case release(blobID: [UInt8])
  /// Fetch a file that is to stay from the server of the invite link; `keepEnded` follows. One
  /// that is being fetched already goes on.
  case keep(SealedFile, invite: String)
  /// Answer a program's request.
  case answer(RequestToken, Result<ClientAnswer, ClientFailure>)
  /// Tell programs that somebody types, or no longer does. It is not stored.
  case typing(TypingNotice)
  /// Wake those who wait for events: this one is stored.
  case event(ClientEvent)
}
