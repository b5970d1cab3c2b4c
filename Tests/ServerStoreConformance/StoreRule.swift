// SPDX-License-Identifier: Apache-2.0

package import ServerCore

/// The rules that every store keeps. Each backend's tests run all of them, one test case a rule.
package enum StoreRule: String, CaseIterable, Sendable {
  case makingALogCanBeRepeated
  case rightsThatDoNotHoldLookAlike
  case repeatedSubmissionIsAnsweredFirst
  case messagesOfThePreviousEpochAreAccepted
  case whoLostStepComesBack
  case commitIsCompareAndSwap
  case commitIsWholeOrNothing
  case removalCutsOlderTokens
  case removalKeepsEarlierCuts
  case commitWithoutRemovalKeepsOlderTokens
  case newestGroupInfoIsKept
  case batchIsRefusedItemByItem

  case pagesEndAtTheirLimits
  case readingBeginsAfterACommit
  case trimmedEntriesAreAGap
  case entriesThatExpireEarlyAreNoGap
  case clockThatStepsBackChangesNoOrder

  case partsComeBeforeTheirCommit
  case partsGoWhenNothingNamesThem
  case partsCountInTheQuota

  case welcomeIsStoredOnceAndDelivered
  case acknowledgementDeletesWhatItNames
  case inboxQuotaRefusesTheCommit

  case registrationCanBeRepeated
  case manifestsFollowEachOther
  case revokedDeviceLosesEverything
  case keyPackagesAreTakenOnce
  case lastResortIsTakenAgainAndAgain
  case keyPackageQuotaRefusesTheUpload
  case repeatedUploadOffersNothingTwice

  case blobsAreMadeOnceAndAdvance
  case blobQuotaRefuses
  case blobsLapse

  case sweepKeepsItsBudget
  case trimmedIdsAreRemembered
  case endedEpochsAreForgotten
  case deadLogsDisappear
  case unusedLogsDisappear

  /// Checks the rule on an empty store.
  package func check(_ store: some ServerStore) throws {
    let fixture = StoreFixture(store)
    switch self {
    case .makingALogCanBeRepeated: try LogRules.creation(fixture)
    case .rightsThatDoNotHoldLookAlike: try LogRules.rights(fixture)
    case .repeatedSubmissionIsAnsweredFirst: try LogRules.repeatedSubmission(fixture)
    case .messagesOfThePreviousEpochAreAccepted: try LogRules.previousEpoch(fixture)
    case .whoLostStepComesBack: try LogRules.comingBack(fixture)
    case .commitIsCompareAndSwap: try LogRules.compareAndSwap(fixture)
    case .commitIsWholeOrNothing: try LogRules.wholeOrNothing(fixture)
    case .removalCutsOlderTokens: try LogRules.removal(fixture)
    case .removalKeepsEarlierCuts: try LogRules.earlierCuts(fixture)
    case .commitWithoutRemovalKeepsOlderTokens: try LogRules.olderTokens(fixture)
    case .newestGroupInfoIsKept: try LogRules.groupInfo(fixture)
    case .batchIsRefusedItemByItem: try LogRules.batch(fixture)
    case .pagesEndAtTheirLimits: try ReadRules.limits(fixture)
    case .readingBeginsAfterACommit: try ReadRules.fromEpoch(fixture)
    case .trimmedEntriesAreAGap: try ReadRules.gap(fixture)
    case .entriesThatExpireEarlyAreNoGap: try ReadRules.earlyExpiry(fixture)
    case .clockThatStepsBackChangesNoOrder: try ReadRules.clock(fixture)
    case .partsComeBeforeTheirCommit: try PartRules.order(fixture)
    case .partsGoWhenNothingNamesThem: try PartRules.lapsing(fixture)
    case .partsCountInTheQuota: try PartRules.quota(fixture)
    case .welcomeIsStoredOnceAndDelivered: try InboxRules.delivery(fixture)
    case .acknowledgementDeletesWhatItNames: try InboxRules.acknowledgement(fixture)
    case .inboxQuotaRefusesTheCommit: try InboxRules.quota(fixture)
    case .registrationCanBeRepeated: try AccountRules.registration(fixture)
    case .manifestsFollowEachOther: try AccountRules.succession(fixture)
    case .revokedDeviceLosesEverything: try AccountRules.revocation(fixture)
    case .keyPackagesAreTakenOnce: try AccountRules.oneTime(fixture)
    case .lastResortIsTakenAgainAndAgain: try AccountRules.lastResort(fixture)
    case .keyPackageQuotaRefusesTheUpload: try AccountRules.quota(fixture)
    case .repeatedUploadOffersNothingTwice: try AccountRules.repeatedUpload(fixture)
    case .blobsAreMadeOnceAndAdvance: try BlobRules.making(fixture)
    case .blobQuotaRefuses: try BlobRules.quota(fixture)
    case .blobsLapse: try BlobRules.lapsing(fixture)
    case .sweepKeepsItsBudget: try SweepRules.budget(fixture)
    case .trimmedIdsAreRemembered: try SweepRules.seen(fixture)
    case .endedEpochsAreForgotten: try SweepRules.epochs(fixture)
    case .deadLogsDisappear: try SweepRules.deadLogs(fixture)
    case .unusedLogsDisappear: try SweepRules.unusedLogs(fixture)
    }
  }
}
