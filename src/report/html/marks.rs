//! Texts with marks: what differs between wanted and got, and where a secret was taken out.

use serde::Serialize;

/// What stands in the place of a secret (`wire::redact`).
const REDACTED: &str = "***";
/// So many places are marked in one text.
const MARKS: usize = 100;
/// Two texts are compared word by word if the product of their numbers of words is at most so large.
const COMPARED: usize = 40_000;
/// Less in common than one part in so many is nothing in common: marks would only be noise.
const IN_COMMON: usize = 3;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Piece {
    text: String,
    mark: bool,
}

/// The text, with a mark where a secret was taken out.
pub(super) fn redacted(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, part) in text.splitn(MARKS, REDACTED).enumerate() {
        if number > 0 {
            push(&mut pieces, REDACTED, true);
        }
        push(&mut pieces, part, false);
    }
    pieces
}

/// Both texts, with a mark on what the other does not have. Texts that have little in common get no marks.
pub(super) fn compared(wanted: &str, got: &str) -> (Vec<Piece>, Vec<Piece>) {
    let (left, right) = (words(wanted), words(got));
    let Some((left_kept, right_kept)) = in_common(&left, &right) else {
        return (plain(wanted), plain(got));
    };
    (marked(&left, &left_kept), marked(&right, &right_kept))
}

fn plain(text: &str) -> Vec<Piece> {
    vec![Piece { text: text.to_owned(), mark: false }]
}

fn push(pieces: &mut Vec<Piece>, text: &str, mark: bool) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.mark == mark => last.text.push_str(text),
        _ => pieces.push(Piece { text: text.to_owned(), mark }),
    }
}

fn marked(words: &[&str], kept: &[bool]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (word, kept) in words.iter().zip(kept) {
        push(&mut pieces, word, !kept);
    }
    pieces
}

/// Letters and digits that stand together are a word; any other character is one of its own.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut inside = false;
    for (index, character) in text.char_indices() {
        let letter = character.is_alphanumeric();
        if index > start && !(letter && inside) {
            words.push(&text[start..index]);
            start = index;
        }
        inside = letter;
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

/// For each word of both, whether it belongs to the longest common sequence; `None` if that is too little to speak of.
fn in_common(left: &[&str], right: &[&str]) -> Option<(Vec<bool>, Vec<bool>)> {
    let before = left.iter().zip(right).take_while(|(one, other)| one == other).count();
    let rest = left.len().min(right.len()) - before;
    let after = left.iter().rev().zip(right.iter().rev()).take(rest).take_while(|(l, r)| l == r).count();
    let (mut left_kept, mut right_kept) = (vec![true; left.len()], vec![true; right.len()]);
    let (left_end, right_end) = (left.len() - after, right.len() - after);
    left_kept[before..left_end].fill(false);
    right_kept[before..right_end].fill(false);
    for (one, other) in longest(&left[before..left_end], &right[before..right_end]) {
        left_kept[before + one] = true;
        right_kept[before + other] = true;
    }
    let letters = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let kept: usize =
        left.iter().zip(&left_kept).filter(|(_, kept)| **kept).map(|(word, _)| word.len()).sum();
    (kept * IN_COMMON >= letters(left).max(letters(right))).then_some((left_kept, right_kept))
}

/// The longest common sequence of two lists, as pairs of places; empty if the lists are too long to compare.
fn longest(left: &[&str], right: &[&str]) -> Vec<(usize, usize)> {
    if left.len() * right.len() > COMPARED {
        return Vec::new();
    }
    // How much the rests have in common, from each pair of places on.
    let mut lengths = vec![vec![0_usize; right.len() + 1]; left.len() + 1];
    for one in (0..left.len()).rev() {
        for other in (0..right.len()).rev() {
            lengths[one][other] = if left[one] == right[other] {
                lengths[one + 1][other + 1] + 1
            } else {
                lengths[one + 1][other].max(lengths[one][other + 1])
            };
        }
    }
    let (mut one, mut other, mut pairs) = (0, 0, Vec::new());
    while one < left.len() && other < right.len() {
        if left[one] == right[other] {
            pairs.push((one, other));
            (one, other) = (one + 1, other + 1);
        } else if lengths[one + 1][other] >= lengths[one][other + 1] {
            one += 1;
        } else {
            other += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[…]` around what is marked.
    fn shown(pieces: &[Piece]) -> String {
        let piece = |piece: &Piece| if piece.mark { format!("[{}]", piece.text) } else { piece.text.clone() };
        pieces.iter().map(piece).collect()
    }

    #[test]
    fn what_differs_is_marked() {
        for (wanted, got, left, right) in [
            ("status 400", "status 200", "status [400]", "status [200]"),
            ("status 400", "200", "status 400", "200"),
            ("a:1, a:2, a:3", "a:1, a:3", "a:1, a:[2, a:]3", "a:1, a:3"),
            ("same", "same", "same", "same"),
            ("", "nothing", "", "nothing"),
            ("größe: 17 é", "größe: 18 é", "größe: [17] é", "größe: [18] é"),
        ] {
            let (one, other) = compared(wanted, got);
            assert_eq!((shown(&one), shown(&other)), (left.to_owned(), right.to_owned()));
        }
    }

    #[test]
    fn long_texts_are_compared_at_their_ends_only() {
        let long = "a b ".repeat(2_000);
        let (one, _) = compared(&format!("x {long}1 y"), &format!("x {long}2 y"));
        assert!(shown(&one).ends_with("b [1] y"));
        let (one, _) = compared(&"a b ".repeat(4_000), &"b c ".repeat(4_000));
        assert!(one.iter().all(|piece| !piece.mark));
    }

    #[test]
    fn a_secret_that_was_taken_out_is_marked() {
        assert_eq!(REDACTED, crate::wire::redact::MASK);
        assert_eq!(shown(&redacted("authorization: Bearer ***\nx: 1")), "authorization: Bearer [***]\nx: 1");
        assert_eq!(shown(&redacted("***")), "[***]");
        assert_eq!(redacted(""), Vec::new());
    }
}
