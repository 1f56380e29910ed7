//! One login, looked at through one channel until it shows what is wanted.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::login::Identity;
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
    /// When the first look began.
    pub(super) first: Option<Instant>,
    /// When the last look began at which the login still counted.
    pub(super) counted: Option<Instant>,
    /// When its checks held first, of the last looks in an unbroken row.
    pub(super) held: Option<Instant>,
    /// Why the last answer does not show who is logged in, though its status is right.
    pub(super) doubt: Option<Doubt>,
    /// Whether what it looks at has ended by itself: further looks could only show that.
    pub(super) expired: bool,
}

/// What is said of a login that is seen to have ended after it may have expired.
fn expired(channel: Channel) -> String {
    let what = if channel == Channel::Session { "session" } else { "token" };
    format!(
        "the {what} may have expired by itself by then, which looks the same as an end; the {what}s of test users have to \
         live longer than the deadline"
    )
}

/// What one look came to.
pub(super) struct Seen {
    pub(super) hops: Vec<Hop>,
    pub(super) state: TokenState,
    /// When the answer was there.
    pub(super) at: Instant,
}

impl Seen {
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

    /// Whether the server is the same after a look as before. A refresh or a login makes new tokens, and failed ones may
    /// lock the account.
    pub(super) fn changes_nothing(&self) -> bool {
        matches!(
            self.channel,
            Channel::Introspection | Channel::Userinfo | Channel::Resource | Channel::Session
        )
    }

    /// Looks once.
    pub(super) async fn once(&mut self, oauth: &OAuth, transport: &dyn Transport) {
        let began = now();
        self.first.get_or_insert(began);
        let (hops, mut state) = self.ask(oauth, transport).await;
        let at = now();
        match state {
            TokenState::Active => self.counted = Some(began),
            TokenState::Inactive
                if oauth.expires(&self.tokens, self.channel).is_some_and(|expires| expires <= at) =>
            {
                self.expired = true;
                state = TokenState::Unclear(expired(self.channel));
            }
            _ => {}
        }
        self.seen = Some(Seen { hops, state, at });
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
const PROMPT: Duration = Duration::from_secs(1);

/// Checks of which nobody knows how long they took: some login showed in the end neither that it counts nor that it does
/// not, or was first looked at when it had ended long ago, for all that is known.
pub(super) fn untold(looks: &[Look<'_>], changed_at: Option<Instant>) -> Vec<String> {
    let unclear =
        |look: &Look<'_>| look.seen.as_ref().is_none_or(|seen| matches!(seen.state, TokenState::Unclear(_)));
    let late = |look: &Look<'_>| {
        let delay =
            look.first.zip(changed_at).map(|(first, changed)| first.saturating_duration_since(changed));
        look.counted.is_none() && delay.is_some_and(|delay| delay > PROMPT)
    };
    looks
        .iter()
        .filter(|look| unclear(look) || late(look))
        .flat_map(|look| &look.checks)
        .map(|check| check.id.clone())
        .collect()
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
