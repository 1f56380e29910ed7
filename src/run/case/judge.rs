//! Judging the answer of a step: its expectation or outcome first, then its checks.

use super::finding::slug;
use super::{Running, Stop};
use crate::check;
use crate::check::judge::Judgement;
use crate::model::{Exchange, Finding, Level, OutcomeTaken, Verdict};
use crate::run::requirements::requirement_of;
use crate::suite::format::{Check, Outcome, Step};
use crate::suite::template::TemplateError;

use super::finding::not_applicable;

impl Running<'_> {
    /// Judges the response of a step: its expectation or outcome first, then its checks.
    #[expect(clippy::type_complexity, reason = "the three belong together and are taken apart at once")]
    pub(super) fn judge(
        &self,
        step: &Step,
        index: usize,
    ) -> Result<(Vec<Finding>, Option<OutcomeTaken>, Option<Stop>), Stop> {
        let exchange = &self.exchanges[index];
        let context = &self.shared.context;
        let mut findings = Vec::new();
        let mut taken = None;
        let mut extra: &[Check] = &[];
        let mut end = None;

        let expected = if let Some(expect) = &step.expect {
            Some((check::judge::expect(expect, exchange), Vec::new(), step.line))
        } else if step.one_of.is_empty() {
            None
        } else {
            let outcomes = self.rendered_outcomes(step)?;
            match check::judge::take_outcome(&outcomes, exchange, context) {
                Some(place) => {
                    let outcome = &step.one_of[place];
                    extra = &outcome.checks;
                    end = outcome.ends_case.then(|| format!("{}: {}", step.name, outcome.outcome));
                    taken = Some(OutcomeTaken { step: step.name.clone(), outcome: outcome.outcome.clone() });
                    Some((check::judge::outcome(outcome, exchange), outcome.see.to_vec(), outcome.line))
                }
                None => Some((check::judge::no_outcome(&step.one_of, exchange), Vec::new(), step.line)),
            }
        };
        if let Some((expectation, see, line)) = expected {
            let requirement = requirement_of(step);
            let level = requirement.as_ref().map_or(Level::Must, |id| self.shared.level(id));
            let verdict = expectation.verdict(level);
            let text = format!("{}: {}", step.name, expectation.got);
            let holds = expectation.holds;
            if let Some(requirement) = requirement {
                let verdict = match verdict {
                    _ if step.control && !holds => Verdict::Blocked,
                    // That there is nothing to judge is no success.
                    Verdict::Pass if end.is_some() => Verdict::NotApplicable,
                    verdict => verdict,
                };
                findings.push(Finding {
                    hint: if holds {
                        None
                    } else {
                        check::hint::for_expectation(&requirement, step, exchange)
                    },
                    wanted: expectation.wanted,
                    got: expectation.got,
                    see,
                    reason: match verdict {
                        Verdict::Blocked => Some("the control step was not accepted".to_owned()),
                        Verdict::NotApplicable => end.clone(),
                        _ => None,
                    },
                    ..self.finding(&slug(&step.name), &requirement, level, verdict, line, Some(exchange))
                });
            }
            if !holds {
                let stop = match verdict {
                    _ if step.control => Stop::Blocked(text),
                    Verdict::Warn | Verdict::Info => Stop::Unfollowed(text),
                    _ => Stop::Unmet(text),
                };
                return Ok((findings, taken, Some(stop)));
            }
        }
        let own = if end.is_some() { &[][..] } else { &step.checks };
        for check in own.iter().chain(extra) {
            findings.push(self.judge_check(check, exchange)?);
        }
        Ok((findings, taken, end.map(Stop::Ended)))
    }

    pub(super) fn judge_check(&self, check: &Check, exchange: &Exchange) -> Result<Finding, Stop> {
        let level = self.shared.level(&check.requirement);
        if let Some(unmet) = self.unmet(&check.requires) {
            return Ok(Finding {
                reason: Some(not_applicable(&unmet, &self.shared.target.features)),
                ..self.finding(
                    &check.id,
                    &check.requirement,
                    level,
                    Verdict::NotApplicable,
                    check.line,
                    Some(exchange),
                )
            });
        }
        let rendered = match check.render(&self.scope) {
            Ok(rendered) => rendered,
            // The target left out what the check compares with: where that matters, another check says so.
            Err(error @ TemplateError::Missing(_)) => {
                let finding = self.finding(
                    &check.id,
                    &check.requirement,
                    level,
                    Verdict::NotApplicable,
                    check.line,
                    Some(exchange),
                );
                return Ok(Finding { reason: Some(error.to_string()), ..finding });
            }
            Err(error) => return Err(error.into()),
        };
        let Judgement { verdict, level, wanted, got, at, hint, see, reason, why } =
            check::judge::judge(&rendered, exchange, &self.shared.context);
        Ok(Finding {
            wanted,
            got,
            at,
            hint,
            why,
            see,
            reason,
            ..self.finding(&check.id, &check.requirement, level, verdict, check.line, Some(exchange))
        })
    }

    fn rendered_outcomes(&self, step: &Step) -> Result<Vec<Outcome>, Stop> {
        step.one_of
            .iter()
            .map(|outcome| {
                let when = outcome
                    .when
                    .iter()
                    .map(|condition| condition.render(&self.scope))
                    .collect::<Result<_, _>>()?;
                Ok(Outcome { when, ..outcome.clone() })
            })
            .collect()
    }
}
