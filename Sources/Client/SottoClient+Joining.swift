// SPDX-License-Identifier: Apache-2.0

public import ClientCore

/// Coming into groups by links.
extension SottoClient {
  /// Opens a link by which people can ask to come into a group. It works once the commit that
  /// opens it is through.
  ///
  /// - Parameters:
  ///   - reference: the group.
  ///   - until: when it ends; within a year.
  ///   - uses: how many may come in by it, 1 to 10,000; nil: any number.
  ///   - needsApproval: whether somebody who may add people says yes to each.
  /// - Throws: `unknownConversation`, `notPermitted`, `notAMember`, `badRequest`, `quotaExceeded`.
  public func openJoinLink(
    to reference: String, until: ScheduleTime? = nil, uses: UInt32? = nil,
    needsApproval: Bool = false
  ) async throws(ClientFailure) -> JoinLinkReport {
    let answer = try await answer(
      .join(.open(reference: reference, until: until, uses: uses, needsApproval: needsApproval)))
    guard case .joinLink(let report) = answer else { throw mismatch() }
    return report
  }

  /// The links of a group. Every member can see them.
  ///
  /// - Throws: `unknownConversation`.
  public func joinLinks(
    to reference: String
  ) async throws(ClientFailure) -> [JoinLinkReport] {
    guard case .joinLinks(let reports) = try await answer(.join(.links(reference: reference)))
    else { throw mismatch() }
    return reports
  }

  /// Closes a link: who asks by it from then on is not heard.
  ///
  /// - Throws: `unknownConversation`, `notPermitted`, `notAMember`, `badRequest`.
  public func closeJoinLink(
    _ linkID: String, to reference: String
  ) async throws(ClientFailure) {
    let answer = try await answer(.join(.close(reference: reference, linkID: linkID)))
    guard case .accepted = answer else { throw mismatch() }
  }

  /// Those who ask to come into a group and wait for an answer.
  ///
  /// - Throws: `unknownConversation`.
  public func knocks(at reference: String) async throws(ClientFailure) -> [KnockReport] {
    guard case .knocks(let reports) = try await answer(.join(.knocks(reference: reference)))
    else { throw mismatch() }
    return reports
  }

  /// Lets somebody in who asked, or refuses.
  ///
  /// - Throws: `unknownConversation`, `unknownAddress` when nobody of this address asks,
  ///   `notPermitted`.
  public func answerKnock(
    of address: String, at reference: String, admitting: Bool
  ) async throws(ClientFailure) {
    let answer = try await answer(
      .join(.answer(reference: reference, address: address, admitting: admitting)))
    guard case .accepted = answer else { throw mismatch() }
  }

  /// Asks to come into the group of a link. An event tells when this account is in it.
  ///
  /// - Returns: the group's reference.
  /// - Throws: `badRequest` for a text that is no link, `quotaExceeded`.
  public func knock(with link: String) async throws(ClientFailure) -> String {
    guard case .reference(let reference) = try await answer(.join(.knock(link: link))) else {
      throw mismatch()
    }
    return reference
  }

  /// The groups that this account asks to come into.
  public func ownKnocks() async throws(ClientFailure) -> [OwnKnockReport] {
    guard case .ownKnocks(let reports) = try await answer(.join(.ownKnocks)) else {
      throw mismatch()
    }
    return reports
  }

  /// Asks no more. Who was asked already may still let this account in.
  ///
  /// - Throws: `unknownConversation`.
  public func withdrawKnock(at reference: String) async throws(ClientFailure) {
    guard case .accepted = try await answer(.join(.withdraw(reference: reference))) else {
      throw mismatch()
    }
  }
}
