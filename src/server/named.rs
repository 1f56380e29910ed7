//! Changes of the server's behaviour that have a name: variants and faults.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::hook::Hook;

/// An entry of a table of changes.
pub trait Entry: Sized + fmt::Debug + 'static {
    /// What an entry is, as in "there is no such variant".
    const WHAT: &'static str;

    /// All entries, in the order of their tables.
    fn all() -> &'static [Named<Self>];

    /// Its name on the command line.
    fn id(&self) -> &'static str;
}

/// What an entry makes of the server.
pub(super) trait Change: Entry {
    /// Where it leaves the normal way.
    fn hooks(&self) -> &'static [Hook];
}

/// An entry that exists: read from its name, compared and printed by it.
pub struct Named<E: 'static>(pub(super) &'static E);

impl<E: Entry> Named<E> {
    /// What is known about it.
    #[must_use]
    pub fn info(self) -> &'static E {
        self.0
    }

    /// Its name on the command line.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.0.id()
    }
}

impl<E> Clone for Named<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Named<E> {}

impl<E: Entry> FromStr for Named<E> {
    type Err = String;

    fn from_str(id: &str) -> Result<Self, String> {
        let known = E::all().iter().copied();
        known.clone().find(|entry| entry.id() == id).ok_or_else(|| {
            let near = known.max_by(|a, b| {
                let similarity = |entry: &Self| strsim::jaro_winkler(entry.id(), id);
                similarity(a).total_cmp(&similarity(b))
            });
            let near = near.map_or(String::new(), |entry| format!("; did you mean `{entry}`?"));
            format!("there is no such {}{near}", E::WHAT)
        })
    }
}

impl<E: Entry> fmt::Display for Named<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl<E: Entry> fmt::Debug for Named<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl<E: Entry> PartialEq for Named<E> {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl<E: Entry> Eq for Named<E> {}

impl<E: Entry> PartialOrd for Named<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E: Entry> Ord for Named<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id().cmp(other.id())
    }
}
