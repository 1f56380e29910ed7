//! What a finding rests on: its exchange, its requirement, and how to see it again. The words are the same in every
//! report.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::replay;
use super::text::{copyable, visible};
use crate::model::{
    CaseResult, ExchangeId, Finding, Phase, RecordedAnswer, RecordedExchange, Requirement, RunResult,
    TargetInfo, Verdict,
};
use crate::suite::catalogue::Catalogue;
use crate::suite::faults::{FaultDescription, Faults};

/// The exchanges of a run, or of one of its cases, and what else is needed to tell the story of a finding.
#[derive(Debug, Clone)]
pub struct Evidence<'r> {
    base_url: &'r str,
    arguments: &'r [String],
    seed: u64,
    /// Of the cases that had another one.
    seeds: Option<&'r BTreeMap<String, u64>>,
    exchanges: HashMap<&'r ExchangeId, &'r RecordedExchange>,
}

impl<'r> Evidence<'r> {
    /// That of a whole run.
    #[must_use]
    pub fn of(result: &'r RunResult) -> Self {
        let evidence = Self::new(&result.target, result.seed, &result.exchanges);
        Self { seeds: Some(&result.seeds), ..evidence }
    }

    /// That of these exchanges, for a run that goes on.
    #[must_use]
    pub fn new(target: &'r TargetInfo, seed: u64, exchanges: &'r [RecordedExchange]) -> Self {
        let exchanges = exchanges.iter().map(|exchange| (&exchange.id, exchange)).collect();
        let base_url = target.base_url.trim_end_matches('/');
        Self { base_url, arguments: &target.arguments, seed, seeds: None, exchanges }
    }

    /// One exchange; `None` if the result does not have it.
    #[must_use]
    pub fn exchange(&self, id: &ExchangeId) -> Option<&'r RecordedExchange> {
        self.exchanges.get(id).copied()
    }

    /// The exchange that a finding judges.
    #[must_use]
    pub fn judged(&self, finding: &Finding) -> Option<&'r RecordedExchange> {
        finding.exchange.as_ref().and_then(|id| self.exchange(id))
    }

    /// `GET /Groups/9b1c`: method and URL, relative to the base URL where it is below it.
    #[must_use]
    pub fn request_line(&self, exchange: &RecordedExchange) -> String {
        let url = exchange.request.url.as_str();
        let below = url.strip_prefix(self.base_url).filter(|rest| rest.starts_with(['/', '?']));
        format!("{} {}", visible(&exchange.request.method), visible(below.unwrap_or(url)))
    }

    /// `$.members[*].value of GET /Groups/9b1c (step 2, read the group)`; empty if nothing is known.
    #[must_use]
    pub fn place(&self, finding: &Finding, case: &CaseResult) -> String {
        let at = visible(&finding.at);
        let Some(exchange) = self.judged(finding) else { return at.into_owned() };
        let request = self.request_line(exchange);
        let step = self.step(exchange, case);
        if at.is_empty() { format!("{request} ({step})") } else { format!("{at} of {request} ({step})") }
    }

    /// `step 2, read the group`, or the name alone where the exchange is no step of the case.
    fn step(&self, exchange: &RecordedExchange, case: &CaseResult) -> String {
        let name = visible(&exchange.step);
        let own = case.exchanges.iter().filter_map(|id| self.exchange(id));
        let steps: Vec<_> = own.filter(|own| own.phase == Phase::Step).collect();
        match steps.iter().position(|step| step.id == exchange.id) {
            Some(index) if !is_invariant(case) => format!("step {}, {name}", index + 1),
            _ if is_invariant(case) => {
                let owner = exchange.id.0.rsplit_once(':').map_or(exchange.id.0.as_str(), |(case, _)| case);
                format!("{name}, in {}", visible(owner))
            }
            _ => name.into_owned(),
        }
    }

    /// The command of scimcheck that runs the case of a finding again; `None` if no case of a suite made its exchange.
    #[must_use]
    pub fn rerun(&self, finding: &Finding, case: &CaseResult) -> Option<String> {
        let judged = self.judged(finding);
        let owner = match judged.and_then(|exchange| exchange.id.0.rsplit_once(':')) {
            // An invariant is judged on the exchanges of other cases; discovery belongs to no case of a suite.
            Some((owner, _)) if is_invariant(case) => {
                judged.filter(|exchange| exchange.phase != Phase::Discovery).map(|_| owner)
            }
            _ => case.source.as_ref().map(|_| case.id.as_str()),
        }?;
        let seed = self.seeds.and_then(|seeds| seeds.get(owner)).unwrap_or(&self.seed).to_string();
        let words = self.arguments.iter().map(String::as_str).chain(["--case", owner, "--seed", &seed]);
        let words: Vec<_> = words.map(shell_word).collect();
        Some(format!("scimcheck run {}", words.join(" ")))
    }

    /// The commands that show a finding again: one of scimcheck, then curl for the request that was judged, as a script of
    /// several lines if the case made first what the request is about. Where that would be long, a check that reads the
    /// effect of a change gets the command of the change.
    #[must_use]
    pub fn reproduce(&self, finding: &Finding, case: &CaseResult) -> Vec<String> {
        let mut commands = Vec::from_iter(self.rerun(finding, case));
        let judged = self.judged(finding);
        let own: Vec<_> = case.exchanges.iter().filter_map(|id| self.exchange(id)).collect();
        let script = judged.filter(|_| !is_invariant(case)).and_then(|judged| replay::script(&own, judged));
        if let Some(script) = script {
            commands.push(script);
        } else if let Some(judged) = judged {
            let change = self.change_before(judged, case);
            let curls = change.into_iter().chain([judged]).map(|exchange| &exchange.curl);
            commands.extend(curls.filter(|curl| !curl.is_empty()).map(|curl| copyable(curl).into_owned()));
        }
        commands
    }

    /// The last change of a case before an exchange that only reads.
    fn change_before(&self, judged: &RecordedExchange, case: &CaseResult) -> Option<&'r RecordedExchange> {
        let reads = |exchange: &RecordedExchange| matches!(exchange.request.method.as_str(), "GET" | "HEAD");
        if !reads(judged) || is_invariant(case) {
            return None;
        }
        let before = case.exchanges.iter().take_while(|id| **id != judged.id);
        let before = before.filter_map(|id| self.exchange(id));
        before.filter(|exchange| exchange.phase == Phase::Step && !reads(exchange)).last()
    }

    /// `returns no content (204)`: each outcome that was taken, with the status of its step.
    #[must_use]
    pub fn outcomes(&self, case: &CaseResult) -> Vec<String> {
        let status = |step: &str| {
            let mut own = case.exchanges.iter().filter_map(|id| self.exchange(id));
            match &own.find(|exchange| exchange.step == step)?.answer {
                RecordedAnswer::Response { status, .. } => Some(*status),
                RecordedAnswer::Failure { .. } => None,
            }
        };
        let words = case.outcomes.iter().map(|taken| match status(&taken.step) {
            Some(status) => format!("{} ({status})", visible(&taken.outcome)),
            None => visible(&taken.outcome).into_owned(),
        });
        words.collect()
    }
}

/// The requirement of a finding, if the catalogue of this version has it.
pub(crate) fn requirement(finding: &Finding) -> Option<&'static Requirement> {
    Catalogue::embedded().requirement(&finding.requirement)
}

/// The known fault that a finding looks like.
pub(crate) struct Likeness<'f> {
    /// Its id.
    pub(crate) id: &'f str,
    /// In one line; `None` if this version does not know the fault.
    pub(crate) title: Option<&'static str>,
    /// A link to where it was seen.
    pub(crate) seen: Option<&'static str>,
    /// What tells its story.
    pub(crate) command: String,
}

impl<'f> Likeness<'f> {
    /// That of a finding.
    pub(crate) fn of(finding: &'f Finding) -> Option<Self> {
        finding.looks_like.as_deref().map(Self::to)
    }

    /// That to a fault.
    pub(crate) fn to(id: &'f str) -> Self {
        let fault = Faults::embedded().get(id);
        let title = fault.map(|fault| &*fault.title);
        let command = format!("scimcheck explain {}", shell_word(id));
        Self { id, title, seen: fault.and_then(link), command }
    }

    /// `looks like patch-remove-ignored (seen in https://…)`.
    pub(crate) fn sentence(&self) -> String {
        let seen = self.seen.map(|link| format!(" (seen in {link})")).unwrap_or_default();
        format!("looks like {}{seen}", self.id)
    }
}

/// The first link to where a fault was seen.
fn link(fault: &FaultDescription) -> Option<&str> {
    let words = fault.sources.iter().filter_map(|source| source.split_whitespace().next());
    words.into_iter().find(|word| word.starts_with("https://"))
}

/// `known (fail): filters are ignored: https://… (until 2026-12-31)`: what the baseline says about a finding.
pub(crate) fn excused(finding: &Finding) -> Option<String> {
    let excuse = finding.excuse.as_ref()?;
    let reason = excuse.reason.trim_end_matches('.');
    let mut sentence = match finding.verdict {
        Verdict::Known => format!("known ({}): {reason}", excuse.judged),
        Verdict::Fixed => format!("holds now, so that the baseline is stale: {reason}"),
        _ => format!("not known any more: {reason}"),
    };
    if let Some(link) = &excuse.link {
        sentence.push_str(": ");
        sentence.push_str(link);
    }
    match &excuse.expires {
        Some(day) if finding.verdict == Verdict::Known => {
            let _ = write!(sentence, " (until {day})");
        }
        Some(day) => {
            let _ = write!(sentence, " (excused until {day})");
        }
        None => {}
    }
    Some(sentence)
}

/// Whether there is something to look into: what only makes the baseline stale holds.
pub(crate) fn has_story(finding: &Finding) -> bool {
    finding.verdict != Verdict::Fixed
}

/// Whether a case counts an always-on check over the whole run.
pub(crate) fn is_invariant(case: &CaseResult) -> bool {
    case.suite == "invariants"
}

/// `broken on 12 of 340 responses`, for an invariant that was broken.
pub(crate) fn broken_on(finding: &Finding) -> Option<String> {
    let (broken, judged) = (finding.broken_on.filter(|broken| *broken > 0)?, finding.judged_on?);
    Some(format!("broken on {broken} of {judged} response{}", if judged == 1 { "" } else { "s" }))
}

/// The part of a finding's id that names it within its case: `#other-member-kept`.
pub(crate) fn short_id(finding: &Finding) -> String {
    let name = finding.id.rsplit_once('#').map_or(finding.id.as_str(), |(_, name)| name);
    format!("#{}", visible(name))
}

/// `RFC 7644 §3.5.2.2 · RFC7644-3.5.2.2-04`, and whether the level is our reading of the text.
pub(crate) fn reference(finding: &Finding) -> String {
    let id = visible(&finding.requirement.0);
    match requirement(finding) {
        Some(requirement) if requirement.basis == "implicit" => {
            format!("{} · {id} · level by our reading", requirement.section_reference())
        }
        Some(requirement) => format!("{} · {id}", requirement.section_reference()),
        None => id.into_owned(),
    }
}

/// The findings of a case, worst first; in their order among equals.
pub(crate) fn worst_first(case: &CaseResult) -> Vec<&Finding> {
    let mut findings: Vec<_> = case.checks.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    findings
}

/// Whether anything of a case was really judged.
pub(crate) fn is_judged(case: &CaseResult) -> bool {
    case.checks.iter().any(|finding| finding.verdict.is_judged())
}

/// Why a case or check was not judged; the verdict's own word where no reason is given.
pub(crate) fn reason_or_verdict(reason: Option<&str>, verdict: Verdict) -> &str {
    reason.filter(|reason| !reason.trim().is_empty()).unwrap_or(verdict.as_str())
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@%+,#".contains(c);
    let word = visible(word);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
