//! Choices: places where the normal code knows two ways.

/// A way that is not the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Choice {
    /// Members of groups need not exist.
    AcceptUnknownMembers,
    /// Changing a user, `userName` may be one that another user has.
    AcceptTakenNames,
    /// `userName` need not be unique.
    AnyUserName,
    /// Several bulk operations in a circle are refused with 409.
    BulkRefusesCircles,
    /// References to a `bulkId` are taken for ids.
    BulkIdsAsSent,
    /// A `bulkId` in the path of an operation is refused.
    BulkRefusesIdsInPaths,
    /// Bulk results of operations that succeeded carry the resource.
    BulkShowsResources,
    /// Bulk operations that are not processed any more are listed as failed.
    BulkListsUnprocessed,
    /// What a PATCH of a group changes is the group as it was when the request came in.
    ChangeWhatWasSeen,
    /// Clients choose the `id` of a resource that they create.
    ClientIds,
    /// Clients choose `meta` of a resource that they create.
    ClientMeta,
    /// Queries without parameters for pages are answered with cursors.
    CursorByDefault,
    /// The last page of a cursor is empty if the page before it was full.
    CursorEndsEmpty,
    /// The count may change from page to page.
    CursorWithAnyCount,
    /// There is no `previousCursor`.
    CursorWithoutPrevious,
    /// DELETE pays no attention to If-Match.
    DeleteIgnoresVersions,
    /// PUT, PATCH and DELETE need If-Match, operations of bulk requests their version.
    DemandVersions,
    /// Ids are texts with punctuation, of which URLs escape all.
    SpeakingIds,
    /// Ids are whole numbers, as text.
    CountedIds,
    /// Introspection describes tokens that do not count, too.
    DescribeEndedTokens,
    /// Discovery needs a token.
    DiscoveryNeedsToken,
    /// What changes in an extension only does not move `meta.lastModified`.
    ExtensionsLeaveTime,
    /// Every Accept is taken for one that allows SCIM.
    IgnoreAccept,
    /// Discovery ignores filters.
    IgnoreDiscoveryFilter,
    /// If-None-Match counts for reading only.
    IgnoreIfNoneMatchOnWrites,
    /// If-Match is judged by the resource as it was when the request came in.
    JudgeWhatWasSeen,
    /// Users who were deleted can go on logging in.
    KeepAccounts,
    /// Users stay in groups that were deleted.
    KeepDeletedGroups,
    /// Deleted resources stay members of groups.
    KeepDeletedMembers,
    /// Users show their groups with the names that those had when the users came in.
    KeepGroupNames,
    /// `schemas` may be missing.
    LenientSchemas,
    /// Logging out ends all sessions of the user.
    LogOutEverywhere,
    /// What clients say about members of groups counts, also where it cannot change.
    MembersAsSent,
    /// What changes in the members of a group only does not move `meta.lastModified`.
    MembersLeaveTime,
    /// What changes in the members of a group only makes no version.
    MembersLeaveVersion,
    /// The newest resources come first, also among those that sort equally.
    NewestFirst,
    /// PATCH is answered with 204, unless the client asks for attributes.
    PatchAnswersNothing,
    /// PATCH without operations changes nothing.
    PatchEmpty,
    /// `op` of a PATCH is in lower case.
    PatchExactOp,
    /// PATCH need not name its message.
    PatchWithoutSchemas,
    /// Queries see changes a moment later.
    QueriesLag,
    /// A refresh token counts as it was when the request came in, and the answer takes its time.
    RefreshAsSeen,
    /// To ask for a token that does not count any more, or to revoke it, is an error.
    RefuseEndedTokens,
    /// The ids of deleted resources are remembered.
    RememberDeleted,
    /// The same member may be in a group several times.
    RepeatMembers,
    /// A user with the name of one who was deleted gets the id of that one.
    ReuseIds,
    /// The names of deleted users stay taken.
    ReserveUserNames,
    /// Users who become active again get back what they had.
    ReviveTokens,
    /// Revoking a token has no effect.
    RevokeNothing,
    /// Access tokens cannot be revoked, and the answer does not say so.
    RevokeRefreshTokensOnly,
    /// Filters in URLs may name attributes that are never returned.
    SecretsInUrls,
    /// `meta.resourceType` is the `id` of the resource type, which is not its name.
    ShowTypeIds,
    /// Times are told in whole seconds.
    SecondPrecision,
    /// A group gets the id of a user.
    ShareIds,
    /// Entity tags are strong.
    StrongTags,
    /// A bearer token may stand in the URL.
    TokenInQuery,
    /// A PUT that changes nothing makes a new version all the same.
    TouchUnchanged,
    /// Clients may set `meta.version`.
    VersionsOfClients,
}
