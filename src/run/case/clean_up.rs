//! The end of a case: what it created is deleted.

use super::Running;
use crate::model::LeftOver;
use crate::run::cleanup;

impl Running<'_> {
    /// Deletes what the case created. Never changes a verdict.
    pub(super) async fn clean_up(&mut self) -> Vec<LeftOver> {
        let transport = self.shared.transport.as_ref();
        let own_name = self.shared.ids.unique(&self.planned.id);
        let mut left_over = Vec::new();
        for lost in self.ownership.take_lost() {
            let found = cleanup::find(transport, &lost.endpoint, lost.identifier.as_ref(), &own_name).await;
            let mut problems = Vec::new();
            match found {
                Ok(urls) if urls.is_empty() && lost.pending => {
                    let why = format!("{}; it is not there, but may still come into being", lost.reason);
                    problems.push(self.left_over(&lost.endpoint, &why));
                }
                Ok(urls) => {
                    for url in urls {
                        let deleted = cleanup::delete_if_ours(transport, &url, &own_name).await;
                        problems.extend(deleted.err().map(|why| self.left_over(&url, &why)));
                    }
                }
                Err(why) => problems.push(self.left_over(&lost.endpoint, &format!("{}; {why}", lost.reason))),
            }
            if problems.is_empty() {
                self.ownership.gone(lost.number);
            }
            left_over.extend(problems);
        }
        for owned in self.ownership.take_owned() {
            // A faulty server may have answered with the id of somebody else: look before deleting. What the case has
            // changed itself may not carry its first name any more.
            let deleted = match owned.renamed {
                true => cleanup::delete(transport, &owned.url).await,
                false => cleanup::delete_if_ours(transport, &owned.url, &own_name).await,
            };
            match deleted {
                Ok(()) => self.ownership.gone(owned.number),
                Err(why) => left_over.push(self.left_over(&owned.url, &why)),
            }
        }
        left_over
    }

    fn left_over(&self, url: &str, reason: &str) -> LeftOver {
        LeftOver { url: url.to_owned(), reason: reason.to_owned(), case: self.planned.id.clone() }
    }
}
