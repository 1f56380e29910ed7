//! Pagination with cursors (RFC 9865).
//!
//! The first page of a query fixes which resources are found and their order; the pages after it show them as they are
//! then. A cursor is a random number that says nothing. It belongs to the token and to the query that it was given
//! out for: to everybody else it does not exist (RFC 9865 §5.2).

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::choice::Choice;
use super::kind::Kind;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::search::SearchRequest;

/// How many cursors are kept; the oldest go first (RFC 9865 §5.3).
const MAX_CURSORS: usize = 10_000;

/// The cursors that were given out.
#[derive(Debug)]
pub(super) struct Cursors {
    timeout: Duration,
    choices: BTreeSet<Choice>,
    open: HashMap<String, Cursor>,
    /// The oldest first.
    ages: VecDeque<String>,
    random: fastrand::Rng,
}

/// What a cursor stands for.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    walk: Arc<Walk>,
    /// How many resources come before the page.
    pub(super) offset: usize,
    given: Instant,
}

/// A query that is answered page by page.
#[derive(Debug, PartialEq)]
pub(super) struct Walk {
    /// Whose it is.
    pub(super) actor: usize,
    /// Resource types and parameters, without those that name a page.
    pub(super) kinds: Vec<Kind>,
    pub(super) search: SearchRequest,
    /// Resources per page.
    pub(super) size: usize,
    pub(super) found: Vec<(Kind, String)>,
}

impl Cursors {
    pub(super) fn new(timeout: Duration, choices: BTreeSet<Choice>) -> Self {
        Self { timeout, choices, open: HashMap::new(), ages: VecDeque::new(), random: fastrand::Rng::new() }
    }

    /// The page that a cursor stands for.
    ///
    /// 400 `invalidCursor` for one that was not given out for this query of this client, `expiredCursor` for one that
    /// was given out too long ago, `invalidCount` for another `count` than that of the first request.
    pub(super) fn find(
        &self,
        token: &str,
        actor: usize,
        kinds: &[Kind],
        search: &SearchRequest,
    ) -> Result<Cursor, ScimError> {
        let invalid =
            || ScimError::of(ScimType::InvalidCursor, "The cursor was not given out for this query");
        let cursor = self.open.get(token).ok_or_else(invalid)?;
        let Walk { actor: owner, kinds: known, search: first, .. } = &*cursor.walk;
        let same_query = SearchRequest { count: None, ..query_of(search) }
            == SearchRequest { count: None, ..first.clone() };
        if *owner != actor || known != kinds || !same_query {
            return Err(invalid());
        }
        let other_count = search.count.is_some_and(|count| Some(count) != first.count);
        if other_count && !self.choices.contains(&Choice::CursorWithAnyCount) {
            let detail = "`count` must be that of the first request of the query";
            return Err(ScimError::of(ScimType::InvalidCount, detail));
        }
        if cursor.given.elapsed() >= self.timeout {
            return Err(ScimError::of(ScimType::ExpiredCursor, "The cursor was given out too long ago"));
        }
        Ok(cursor.clone())
    }

    /// Gives out cursors for the page after and the page before this one, where there are such pages.
    pub(super) fn neighbours(&mut self, walk: &Arc<Walk>, offset: usize) -> Neighbours {
        let after = offset + walk.size;
        let total = walk.found.len();
        let ends_empty = self.choices.contains(&Choice::CursorEndsEmpty) && after == total && offset < total;
        let next = (walk.size > 0 && (after < total || ends_empty)).then(|| self.give(walk, after));
        let before = offset.saturating_sub(walk.size);
        let previous = (offset > 0 && !self.choices.contains(&Choice::CursorWithoutPrevious))
            .then(|| self.give(walk, before));
        Neighbours { next, previous }
    }

    fn give(&mut self, walk: &Arc<Walk>, offset: usize) -> String {
        while self.ages.len() >= MAX_CURSORS {
            self.ages.pop_front().and_then(|oldest| self.open.remove(&oldest));
        }
        let token = format!("{:032x}", self.random.u128(..));
        let cursor = Cursor { walk: Arc::clone(walk), offset, given: Instant::now() };
        self.open.insert(token.clone(), cursor);
        self.ages.push_back(token.clone());
        token
    }
}

impl Walk {
    /// The same with pages of another size.
    pub(super) fn with_size(&self, size: usize) -> Self {
        Self {
            size,
            kinds: self.kinds.clone(),
            search: self.search.clone(),
            found: self.found.clone(),
            ..*self
        }
    }
}

impl Cursor {
    /// The query that it belongs to.
    pub(super) fn walk(&self) -> &Arc<Walk> {
        &self.walk
    }
}

/// The parameters that say what is searched for, and nothing of the page.
pub(super) fn query_of(search: &SearchRequest) -> SearchRequest {
    SearchRequest { cursor: None, start_index: 1, by_index: false, ..search.clone() }
}

/// Cursors of the pages around a page.
#[derive(Debug)]
pub(super) struct Neighbours {
    next: Option<String>,
    previous: Option<String>,
}

impl Neighbours {
    /// Adds `nextCursor` and `previousCursor` to the list, before its resources.
    pub(super) fn name_in(self, list: &mut Value) {
        let Some(list) = list.as_object_mut() else { return };
        let resources = list.shift_remove("Resources");
        let cursors = [("nextCursor", self.next), ("previousCursor", self.previous)];
        for (name, cursor) in cursors {
            list.extend(cursor.map(|cursor| (name.to_owned(), cursor.into())));
        }
        list.extend(resources.map(|resources| ("Resources".to_owned(), resources)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(total: usize, size: usize) -> Arc<Walk> {
        let found = (0..total).map(|index| (Kind::User, index.to_string())).collect();
        let search = SearchRequest { count: Some(size), ..SearchRequest::default() };
        Arc::new(Walk { actor: 1, kinds: vec![Kind::User], search, size, found })
    }

    #[test]
    fn pages_have_neighbours() {
        let mut cursors = Cursors::new(Duration::from_mins(1), BTreeSet::new());
        for (total, size, offset, next, previous) in [
            (5, 2, 0, true, false),
            (5, 2, 2, true, true),
            (5, 2, 4, false, true),
            (4, 2, 2, false, true),
            (2, 2, 0, false, false),
            (0, 2, 0, false, false),
            (2, 0, 0, false, false),
        ] {
            let neighbours = cursors.neighbours(&walk(total, size), offset);
            let found = (neighbours.next.is_some(), neighbours.previous.is_some());
            assert_eq!(found, (next, previous), "{total} {size} {offset}");
        }
    }

    #[test]
    fn a_cursor_belongs_to_client_and_query() {
        let mut cursors = Cursors::new(Duration::from_mins(1), BTreeSet::new());
        let token = cursors.neighbours(&walk(5, 2), 0).next.unwrap();
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let count = |count| SearchRequest { count, ..SearchRequest::default() };
        let find = |token: &str, actor, kind, search: &SearchRequest| {
            cursors.find(token, actor, &[kind], search).map(|cursor| cursor.offset).map_err(|e| e.scim_type)
        };
        assert_eq!(find(&token, 1, Kind::User, &count(Some(2))), Ok(2));
        assert_eq!(find(&token, 1, Kind::User, &count(None)), Ok(2));
        assert_eq!(find(&token, 1, Kind::User, &count(Some(3))), Err(Some(ScimType::InvalidCount)));
        let invalid = Err(Some(ScimType::InvalidCursor));
        assert_eq!(find("x", 1, Kind::User, &count(Some(2))), invalid);
        assert_eq!(find(&token, 2, Kind::User, &count(Some(2))), invalid);
        assert_eq!(find(&token, 1, Kind::Group, &count(Some(2))), invalid);
        let other = SearchRequest { attributes: Some("id".to_owned()), ..count(Some(2)) };
        assert_eq!(find(&token, 1, Kind::User, &other), invalid);
    }

    #[test]
    fn cursors_end() {
        let mut cursors = Cursors::new(Duration::ZERO, BTreeSet::new());
        let first = cursors.neighbours(&walk(5, 2), 0).next.unwrap();
        let search = SearchRequest::default();
        let error = cursors.find(&first, 1, &[Kind::User], &search).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::ExpiredCursor));
        for _ in 0..MAX_CURSORS {
            cursors.neighbours(&walk(5, 2), 0);
        }
        let error = cursors.find(&first, 1, &[Kind::User], &search).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidCursor));
        assert_eq!((cursors.open.len(), cursors.ages.len()), (MAX_CURSORS, MAX_CURSORS));
    }
}
