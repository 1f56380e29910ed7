//! One file of `src/`: which module it is, what it refers to, and how much of it is not for tests.

use std::collections::BTreeMap;

use super::lexer::{Kind, Token, tokens};

/// A source file without its test code.
pub(crate) struct SourceFile {
    /// Path below `src/`.
    pub(crate) path: String,
    /// The module that it is, for example `["scim", "filter"]`; empty for the crate root.
    pub(crate) module: Vec<String>,
    /// Its tokens, without items that exist only for tests.
    pub(crate) tokens: Vec<Token>,
    /// Lines that are not test code.
    pub(crate) lines: usize,
    /// Modules in files of their own that exist only for tests.
    pub(crate) test_modules: Vec<Vec<String>>,
}

/// A path of two segments or more that the file names, with imports and `super` resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Line, from 1.
    pub(crate) line: usize,
    /// `crate`, `model`, …, or the name of another crate first. A glob ends in `*`.
    pub(crate) path: Vec<String>,
}

impl SourceFile {
    /// Reads the text of a file.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let module = module_of(path);
        let all = tokens(text);
        let mut file = Self {
            path: path.to_owned(),
            module,
            tokens: Vec::new(),
            lines: text.lines().count(),
            test_modules: Vec::new(),
        };
        if begins_for_tests(&all) {
            file.lines = 0;
            return file;
        }
        file.take_without_tests(&all);
        file
    }

    fn take_without_tests(&mut self, all: &[Token]) {
        let mut at = 0;
        while at < all.len() {
            if let Some(end) = attribute_end(all, at)
                && is_for_tests(&all[at + 2..end - 1])
            {
                let after = item_end(all, end);
                self.lines = self.lines.saturating_sub(all[after - 1].line + 1 - all[at].line);
                if let Some(name) = out_of_line_module(&all[end..after]) {
                    self.test_modules.push([self.module.clone(), vec![name]].concat());
                }
                at = after;
            } else {
                self.tokens.push(all[at].clone());
                at += 1;
            }
        }
    }

    /// Every path that the file names, imported or written out.
    pub(crate) fn references(&self) -> Vec<Reference> {
        let mut walk = Walk { module: self.module.clone(), ..Walk::default() };
        walk.over(&self.tokens);
        let aliases = walk.aliases;
        let mut found = walk.found;
        for reference in &mut found {
            // `use crate::scim::filter; … filter::matches(…)` names `crate::scim::filter::matches`.
            if let Some(full) = aliases.get(&reference.path[0]) {
                let rest = reference.path.split_off(1);
                reference.path = [full.clone(), rest].concat();
            }
        }
        found
    }

    /// Lines on which one of these words stands as a macro (`todo!`).
    pub(crate) fn macros(&self, names: &[&str]) -> Vec<(usize, String)> {
        let calls = self.tokens.windows(2).filter(|pair| pair[1].text == "!" && pair[0].kind == Kind::Word);
        calls.map(|pair| &pair[0]).filter(|t| names.contains(&t.text.as_str())).map(place).collect()
    }

    /// Lines on which one of these words stands.
    pub(crate) fn words(&self, names: &[&str]) -> Vec<(usize, String)> {
        let words = self.tokens.iter().filter(|token| token.kind == Kind::Word);
        words.filter(|token| names.contains(&token.text.as_str())).map(place).collect()
    }
}

fn place(token: &Token) -> (usize, String) {
    (token.line, token.text.clone())
}

fn module_of(path: &str) -> Vec<String> {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let mut module: Vec<_> = stem.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

fn spells(tokens: &[Token], texts: &[&str]) -> bool {
    tokens.len() == texts.len() && tokens.iter().zip(texts).all(|(token, text)| token.text == *text)
}

/// Whether `#![cfg(test)]` stands among the attributes at the head of the file.
fn begins_for_tests(all: &[Token]) -> bool {
    let mut at = 0;
    while all.len() > at + 3 && spells(&all[at..at + 3], &["#", "!", "["]) {
        let end = group_end(all, at + 2);
        if is_for_tests(&all[at + 3..end - 1]) {
            return true;
        }
        at = end;
    }
    false
}

/// Where the outer attribute that begins at `at` ends, if one does.
fn attribute_end(all: &[Token], at: usize) -> Option<usize> {
    (all.len() > at + 2 && spells(&all[at..at + 2], &["#", "["])).then(|| group_end(all, at + 1))
}

/// Whether the inside of an attribute says that its item exists only in tests: `test`, `cfg(test)`, `cfg(all(test, …))`.
fn is_for_tests(inside: &[Token]) -> bool {
    let has = |word: &str| inside.iter().any(|token| token.text == word);
    spells(inside, &["test"]) || (inside[0].text == "cfg" && has("test") && !has("any") && !has("not"))
}

/// Where the bracket that opens at `at` is closed, exclusive.
fn group_end(all: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in all.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    all.len()
}

/// Where the item that begins at `at` (perhaps with more attributes) ends, exclusive.
fn item_end(all: &[Token], mut at: usize) -> usize {
    while let Some(end) = attribute_end(all, at) {
        at = end;
    }
    while at < all.len() {
        match all[at].text.as_str() {
            ";" => return at + 1,
            "{" => return group_end(all, at),
            "(" | "[" => at = group_end(all, at),
            // The item was a field or a statement at the end of its block.
            ")" | "]" | "}" => return at,
            _ => at += 1,
        }
    }
    at
}

/// The name of `mod NAME;`, with whatever visibility.
fn out_of_line_module(item: &[Token]) -> Option<String> {
    let at = item.iter().position(|token| token.text == "mod")?;
    (item.get(at + 2)?.text == ";").then(|| item[at + 1].text.clone())
}

/// Collects paths and knows in which inline module it is.
#[derive(Default)]
struct Walk {
    module: Vec<String>,
    /// For each open brace, whether it belongs to an inline module.
    braces: Vec<bool>,
    found: Vec<Reference>,
    aliases: BTreeMap<String, Vec<String>>,
}

impl Walk {
    fn over(&mut self, all: &[Token]) {
        let text = |at: usize| all.get(at).map_or("", |token| token.text.as_str());
        let mut at = 0;
        while at < all.len() {
            at = match text(at) {
                "mod" if text(at + 2) == "{" => {
                    self.module.push(text(at + 1).to_owned());
                    self.braces.push(true);
                    at + 3
                }
                "use" if text(at + 1) != "<" => {
                    let begin = at + 1 + usize::from(text(at + 1) == "::");
                    self.tree(all, begin, &[], true)
                }
                "{" => {
                    self.braces.push(false);
                    at + 1
                }
                "}" => {
                    if self.braces.pop() == Some(true) {
                        self.module.pop();
                    }
                    at + 1
                }
                _ if all[at].kind == Kind::Word => self.tree(all, at, &[], false),
                _ => at + 1,
            };
        }
    }

    /// Reads a path or, in an import, a tree of paths; returns where it ends.
    fn tree(&mut self, all: &[Token], mut at: usize, prefix: &[String], import: bool) -> usize {
        let text = |at: usize| all.get(at).map_or("", |token| token.text.as_str());
        if text(at) == "{" {
            at += 1;
            while at < all.len() && text(at) != "}" {
                at = self.tree(all, at, prefix, import);
                at += usize::from(text(at) == ",");
            }
            return at + 1;
        }
        if at >= all.len() {
            return at;
        }
        let path = [prefix, &[text(at).to_owned()]].concat();
        let next = all.get(at + 2).map(|token| (token.kind, token.text.as_str()));
        let goes_on = matches!(next, Some((Kind::Word, _) | (Kind::Mark, "{" | "*")));
        if text(at + 1) == "::" && goes_on && (import || next.is_some_and(|(kind, _)| kind == Kind::Word)) {
            return self.tree(all, at + 2, &path, import);
        }
        let alias = if import && text(at + 1) == "as" { text(at + 2) } else { "" };
        self.record(&path, all[at].line, import, alias);
        at + 1 + if alias.is_empty() { 0 } else { 2 }
    }

    fn record(&mut self, written: &[String], line: usize, import: bool, alias: &str) {
        let mut path = self.absolute(written);
        // `use a::{self}` imports `a`.
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if import && path.last().is_some_and(|last| last != "*") {
            let name = if alias.is_empty() { path[path.len() - 1].clone() } else { alias.to_owned() };
            // `use url;` would resolve to itself for ever.
            if path.len() > 1 || path[0] != name {
                self.aliases.insert(name, path.clone());
            }
        }
        if path.len() > 1 || import {
            self.found.push(Reference { line, path });
        }
    }

    fn absolute(&self, written: &[String]) -> Vec<String> {
        let root = || vec!["crate".to_owned()];
        match written[0].as_str() {
            // The library's name, as the binary says it.
            "scimcheck" => [root(), written[1..].to_vec()].concat(),
            "self" if written.len() > 1 => [root(), self.module.clone(), written[1..].to_vec()].concat(),
            "super" => {
                let climbs = written.iter().take_while(|segment| *segment == "super").count();
                let base = &self.module[..self.module.len().saturating_sub(climbs)];
                [root(), base.to_vec(), written[climbs..].to_vec()].concat()
            }
            _ => written.to_vec(),
        }
    }
}
