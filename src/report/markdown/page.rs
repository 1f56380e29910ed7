//! A page that is never longer than a comment may be, and says what it leaves out.

use std::fmt::Write as _;

use super::LIMIT;
use crate::report::text::count;

/// What is kept back for the last lines.
const RESERVE: usize = 1_000;

/// The page as far as it is written.
#[derive(Debug, Default)]
pub(super) struct Page {
    out: String,
    left_out: Vec<String>,
}

/// A table, and how much of the page it may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'t> {
    pub(super) title: &'t str,
    pub(super) heads: &'t [&'t str],
    /// What a row is, as in `warning`.
    pub(super) noun: &'t str,
    /// Bytes at most, so that no table takes the place of those below it.
    pub(super) share: usize,
}

impl Page {
    /// Adds a part if there is room for it.
    pub(super) fn add(&mut self, part: &str) -> bool {
        let fits = self.out.len() + part.len() + RESERVE <= LIMIT;
        if fits {
            self.out.push_str(part);
        }
        fits
    }

    /// Adds the rows that there is room for, the first ones first; the head only together with a row.
    pub(super) fn table(&mut self, table: Table<'_>, rows: &[Vec<String>]) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let heads: Vec<_> = table.heads.iter().map(|head| (*head).to_owned()).collect();
        let rule = vec!["---".to_owned(); heads.len()];
        let mut head = format!("\n### {}\n\n{}{}", table.title, line(&heads), line(&rule));
        let end = self.out.len() + table.share;
        let mut shown = 0;
        for row in rows {
            let part = format!("{head}{}", line(row));
            if self.out.len() + part.len() <= end && self.add(&part) {
                shown += 1;
                head.clear();
            }
        }
        if shown < rows.len() {
            self.leave_out(count(rows.len() - shown, table.noun));
        }
    }

    /// Says what is not on the page.
    pub(super) fn leave_out(&mut self, what: String) {
        self.left_out.push(what);
    }

    /// The whole page.
    pub(super) fn end(mut self) -> String {
        if !self.left_out.is_empty() {
            let what = self.left_out.join(", ");
            let _ = write!(self.out, "\nNot shown here: {what}. The HTML report has all.\n");
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table<'static> = Table { title: "T", heads: &["a", "b"], noun: "row", share: 100 };

    fn rows(sizes: &[usize]) -> Vec<Vec<String>> {
        sizes.iter().map(|size| vec!["x".repeat(*size), String::new()]).collect()
    }

    #[test]
    fn a_table_has_a_row_or_is_not_there() {
        let mut page = Page::default();
        page.table(TABLE, &[]);
        page.table(TABLE, &rows(&[200, 300]));
        assert_eq!(page.end(), "\nNot shown here: 2 rows. The HTML report has all.\n");
    }

    #[test]
    fn a_table_takes_its_share_only() {
        let mut page = Page::default();
        page.table(TABLE, &rows(&[1, 200, 2, 90]));
        page.table(Table { title: "U", ..TABLE }, &rows(&[1]));
        let head = |title: &str| format!("\n### {title}\n\n| a | b |\n| --- | --- |\n");
        let wanted = format!(
            "{}| x |  |\n| xx |  |\n{}| x |  |\n\nNot shown here: 2 rows. The HTML report has all.\n",
            head("T"),
            head("U")
        );
        assert_eq!(page.end(), wanted);
    }
}
