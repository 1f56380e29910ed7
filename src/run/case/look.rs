//! One login, looked at through one channel until it shows what is wanted.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::login::Identity;
use super::row::{Length, Row, When};
use crate::check;
use crate::model::{Answer, Channel, Exchange, ExchangeId, Phase, TokenState};
use crate::suite::format::{Check, Step, TokenWord};
use crate::wire::oauth::{Attempt, Doubt, Hop, LoginFailure, OAuth, Tokens};
use crate::wire::{Transport, now};

/// One login through one channel.
pub(super) struct Look<'s> {
    pub(super) login: &'s str,
    pub(super) channel: Channel,
    /// Which of the other ways to log in, of [`Channel::OtherLogin`].
    pub(super) way: usize,
    pub(super) checks: Vec<&'s Check>,
    pub(super) identity: Option<Identity>,
    pub(super) tokens: Tokens,
    /// What the last look came to.
    pub(super) seen: Option<Seen>,
    /// What the last look of which something could be told came to, where it was followed by others that came to nothing.
    pub(super) told: Option<Seen>,
    /// What the looks showed, one after the other.
    pub(super) row: Row,
    /// When it let somebody in, of a new login that was tried while other channels were still watched.
    pub(super) came_in: Option<When>,
    /// Why the last answer does not show who is logged in, though its status is right.
    pub(super) doubt: Option<Doubt>,
    /// Whether what it looks at has ended by itself: further looks could only show that.
    pub(super) expired: bool,
}

/// What is said of a login that is seen to have ended after it may have expired.
pub(super) fn expired(channel: Channel) -> String {
    let what = if channel == Channel::Session { "session" } else { "token" };
    format!(
        "the {what} may have expired by itself by then, which looks the same as an end; the {what}s that logins give have to \
         live longer than the deadline"
    )
}

/// What one look came to.
pub(super) struct Seen {
    pub(super) hops: Vec<Hop>,
    pub(super) state: TokenState,
    pub(super) when: When,
}

impl Seen {
    /// Whether anything can be told by it.
    pub(super) fn tells(&self) -> bool {
        !matches!(self.state, TokenState::Unclear(_))
    }

    /// The exchange that is judged, before it has its place.
    pub(super) fn preliminary(&self, step: &Step) -> Option<Exchange> {
        let hop = self.hops.last()?;
        Some(Exchange {
            id: ExchangeId(String::new()),
            phase: Phase::Probe,
            step: step.name.clone(),
            request: hop.sent.request.clone(),
            answer: hop.sent.answer.clone(),
            started_ms: 0.0,
            duration_ms: 0.0,
            shows: Some(self.state.clone()),
        })
    }
}

impl Look<'_> {
    /// Whether it is to show that the login does not count any more.
    pub(super) fn waits_for_an_end(&self) -> bool {
        self.checks.iter().any(|check| check.token == Some(TokenWord::Inactive))
    }

    /// The checks that say whether there is anything left to wait for: whether the login counts, where that is asked. What else
    /// is asked of the answer is judged once that is shown.
    pub(super) fn decisive(&self) -> impl Iterator<Item = &Check> {
        let tokens = self.checks.iter().any(|check| check.token.is_some());
        self.checks.iter().copied().filter(move |check| !tokens || check.token.is_some())
    }

    /// How many looks of a step have to show it.
    pub(super) fn length(&self, step: &Step) -> Length {
        match self.changes_nothing() {
            _ if step.control => Length::One,
            true if self.waits_for_an_end() || step.eventually.is_some() => Length::Growing,
            false if self.waits_for_an_end() => Length::Refusals,
            _ => Length::One,
        }
    }

    /// Whether another look may show what this one did not: an answer that came to nothing may have been an accident.
    pub(super) fn may_be_an_accident(&self, step: &Step) -> bool {
        let came_to_nothing = |seen: &Seen| !seen.tells() && !seen.hops.is_empty();
        (self.changes_nothing() || step.control) && self.seen.as_ref().is_some_and(came_to_nothing)
    }

    /// Whether the server is the same after a look as before. A refresh or a login makes new tokens, and failed ones may
    /// lock the account.
    pub(super) fn changes_nothing(&self) -> bool {
        matches!(
            self.channel,
            Channel::Introspection | Channel::Userinfo | Channel::Resource | Channel::Session
        )
    }

    /// Looks once; returns what the look before came to.
    pub(super) async fn once(&mut self, oauth: &OAuth, transport: &dyn Transport) -> Option<Seen> {
        let due = now();
        let (hops, mut state) = self.ask(oauth, transport).await;
        let seen = now();
        if state == TokenState::Inactive
            && oauth.expires(&self.tokens, self.channel).is_some_and(|expires| expires <= seen)
        {
            self.expired = true;
            state = TokenState::Unclear(expired(self.channel));
        }
        let when = When { due, sent: sent(&hops, &state, due, seen), seen };
        self.seen.replace(Seen { hops, state, when })
    }

    async fn ask(&mut self, oauth: &OAuth, transport: &dyn Transport) -> (Vec<Hop>, TokenState) {
        let channel = self.channel;
        match (channel, &self.identity) {
            (Channel::Login, Some(Identity { user, password })) => {
                attempted(oauth.log_in(transport, user, password).await)
            }
            (Channel::OtherLogin, Some(Identity { user, password })) => {
                match oauth.log_in_otherwise(transport, self.way, user, password).await {
                    Some(attempt) => attempted(attempt),
                    None => (Vec::new(), TokenState::Unclear("there is no such way to log in".to_owned())),
                }
            }
            (Channel::Login | Channel::OtherLogin, None) => {
                (Vec::new(), TokenState::Unclear("it is no login of a user".to_owned()))
            }
            _ => match oauth.look(transport, channel, &mut self.tokens).await {
                Some(hop) => {
                    let state = self.state(oauth, &hop.sent.answer);
                    (vec![hop], state)
                }
                None => (Vec::new(), TokenState::Unclear(format!("the channel {channel} is not configured"))),
            },
        }
    }

    /// What an answer shows.
    fn state(&mut self, oauth: &OAuth, answer: &Answer) -> TokenState {
        let state = check::token::state(self.channel, answer, oauth.status_while_valid(self.channel));
        self.doubt = None;
        let (TokenState::Active, Answer::Response(response)) = (&state, answer) else { return state };
        match oauth.doubt(self.channel, response) {
            None => state,
            Some(Doubt::Unread(limit)) => TokenState::Unclear(limit),
            doubt => {
                self.doubt = doubt;
                TokenState::Inactive
            }
        }
    }
}

/// When the request was sent that shows it. A login takes several: the last one is refused, and any of them may have decided
/// on what succeeds.
fn sent(hops: &[Hop], state: &TokenState, due: Instant, seen: Instant) -> Instant {
    match hops {
        [.., last] if hops.len() == 1 || *state != TokenState::Active => {
            seen.checked_sub(last.sent.duration).map_or(due, |sent| sent.max(due))
        }
        _ => due,
    }
}

/// What an attempt to log in shows.
fn attempted(attempt: Attempt) -> (Vec<Hop>, TokenState) {
    let state = match attempt.result {
        Ok(_) => TokenState::Active,
        Err(LoginFailure::Refused(_)) => TokenState::Inactive,
        Err(LoginFailure::Failed(why)) => TokenState::Unclear(why),
    };
    (attempt.hops, state)
}

/// How long after the change a first look may begin that shows how long it took.
const PROMPT: Duration = Duration::from_secs(2);

/// Whether nobody knows how long it took until a login ended: it was first looked at when it had ended long ago, for all
/// that is known.
pub(super) fn ended_before(row: &Row, changed_at: Option<Instant>) -> bool {
    let delay = row.due().zip(changed_at).map(|(first, changed)| first.saturating_duration_since(changed));
    row.otherwise().is_none() && delay.is_some_and(|delay| delay > PROMPT)
}

/// Runs some futures at the same time, beginning in their order, until all are done; the first error is returned.
pub(super) async fn side_by_side<E, F: Future<Output = Result<(), E>>>(futures: Vec<F>) -> Result<(), E> {
    let mut open: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut result = Ok(());
    poll_fn(|context| {
        open.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(outcome) => {
                if result.is_ok() {
                    result = outcome;
                }
                false
            }
        });
        if open.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    result
}
