//! The gate that every request of a case goes through before it is sent.

use super::cleanup::{self, Seen};
use super::ownership::{Effect, Intents, Ownership, Refused};
use crate::model::Request;
use crate::wire::Transport;

/// Lets a request pass: what it changes is this case's own, and what it creates stands in the ledger.
///
/// A target may answer a create with the id of somebody else. So before something is changed for the first time it is
/// read once, and only what shows a name of this case is touched.
pub(crate) async fn admit(
    ownership: &Ownership,
    transport: &dyn Transport,
    request: &Request,
) -> Result<Intents, Refused> {
    let effects = ownership.effects(request)?;
    for effect in &effects {
        let Effect::Change(url) = effect else { continue };
        if ownership.is_confirmed(url) {
            continue;
        }
        match cleanup::look(transport, url, ownership.name()).await {
            Seen::Ours => ownership.confirm(url),
            // Nobody's: there is nothing that could be changed.
            Seen::Nothing => {}
            seen => {
                return Err(Refused::NotOurs { url: url.clone(), seen: seen.to_string() });
            }
        }
    }
    ownership.intend(effects)
}
