//! What a case keeps of its earlier exchanges: bounded, whatever a target sends.

use std::sync::Arc;

use crate::model::{Answer, Body, Completeness, Exchange};

/// Bodies up to this size are kept as values too: reading them again takes longer than they take memory.
const READ: usize = 4 << 10;
/// Bodies up to this size are kept whole.
const SMALL: usize = 64 << 10;
/// Bytes of larger bodies that a case keeps. What goes beyond is judged by the checks of its step, but no more by the
/// invariants, which look at a case when it is over.
const KEPT: usize = 12 << 20;

/// Takes the weight off exchanges whose checks have been judged.
pub(crate) fn slim(exchanges: &mut [Exchange]) {
    let mut kept = 0;
    for exchange in exchanges.iter_mut().rev() {
        let Answer::Response(response) = &mut exchange.answer else { continue };
        let size = response.body.bytes.len();
        if size <= SMALL {
            if size > READ {
                response.body.forget();
            }
            continue;
        }
        kept += size;
        if kept > KEPT {
            let begin: Arc<[u8]> = response.body.bytes[..SMALL].into();
            response.body = Body::new(begin, Completeness::TooLarge(SMALL));
        } else {
            response.body.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AuthMode, ExchangeId, Phase, Request, Response};

    fn exchange(size: usize) -> Exchange {
        let body = Body::new(vec![b' '; size], Completeness::Complete);
        Exchange {
            id: ExchangeId("c:1".into()),
            phase: Phase::Step,
            step: "s".into(),
            request: Request {
                method: "GET".into(),
                url: "http://h/".into(),
                headers: vec![],
                body: None,
                auth: AuthMode::Configured,
            },
            answer: Answer::Response(Response { status: 200, headers: vec![], body }),
            started_ms: 0.0,
            duration_ms: 0.0,
            shows: None,
        }
    }

    #[test]
    fn the_newest_are_kept_whole() {
        let mut exchanges: Vec<_> = [5 << 20, 10, 5 << 20, 6 << 20].map(exchange).into();
        slim(&mut exchanges);
        let sizes = exchanges.iter().map(|e| e.response().map_or(0, |response| response.body.bytes.len()));
        assert_eq!(sizes.collect::<Vec<_>>(), [SMALL, 10, 5 << 20, 6 << 20]);
    }
}
