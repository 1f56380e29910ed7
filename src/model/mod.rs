//! Plain data that every layer shares; no I/O (layer 0).

pub mod baseline;
pub mod brief;
pub mod event;
pub mod exchange;
pub mod feature;
pub mod glob;
pub mod headers;
pub mod outcome;
pub mod report_format;
pub mod requirement;
pub mod token;
pub mod verdict;

pub use baseline::{BaselineResult, EntryResult, EntryState, Excuse};
pub use brief::Brief;
pub use event::{Event, Sink};
pub use exchange::{
    Answer, AuthMode, Body, Completeness, Exchange, ExchangeId, Failure, FailureKind, ParsedBody, Phase,
    Request, Response,
};
pub use feature::{Feature, FeatureState, Features};
pub use headers::Headers;
pub use outcome::{
    CaseResult, Counts, Finding, JsonText, LeftOver, NOT_BEGUN, OTHER_PARTITION, OutcomeTaken,
    RecordedAnswer, RecordedBody, RecordedExchange, RecordedRequest, RequirementResult, RunResult, SourceRef,
    TargetInfo, ToolInfo, milliseconds,
};
pub use report_format::ReportFormat;
pub use requirement::{Level, Requirement, RequirementId, Testable};
pub use token::{
    Cause, Channel, ChannelLatency, Latency, TokenKind, TokenState, is_of_the_server, refuses_the_grant,
    says_nothing_of_the_user,
};
pub use verdict::Verdict;
