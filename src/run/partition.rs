//! A part of the cases, so that several runs share the work: which one a case belongs to depends on its id alone.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::ids::hash;

/// One of several parts: `hash:1/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// From 1.
    part: u32,
    of: u32,
}

/// A text that names no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a partition is as in hash:1/4, with the first number from 1 to the second, which is at most 1000")]
pub struct NoPartition;

impl Partition {
    /// Whether a case belongs to this part.
    #[must_use]
    pub fn has(self, case: &str) -> bool {
        hash(0, case) % u64::from(self.of) == u64::from(self.part - 1)
    }
}

impl FromStr for Partition {
    type Err = NoPartition;

    fn from_str(text: &str) -> Result<Self, NoPartition> {
        let (part, of) =
            text.strip_prefix("hash:").and_then(|rest| rest.split_once('/')).ok_or(NoPartition)?;
        let number = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<u32>().ok()).flatten().ok_or(NoPartition)
        };
        let (part, of) = (number(part)?, number(of)?);
        if (1..=of).contains(&part) && of <= 1000 { Ok(Self { part, of }) } else { Err(NoPartition) }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hash:{}/{}", self.part, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_in_exactly_one_part() {
        let parts: Vec<Partition> = (1..=4).map(|part| format!("hash:{part}/4").parse().unwrap()).collect();
        let mut sizes = [0; 4];
        for number in 0..1000 {
            let id = format!("crud/create/case-{number}");
            let own: Vec<_> = (0..4).filter(|at| parts[*at].has(&id)).collect();
            assert_eq!(own.len(), 1, "{id}");
            sizes[own[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (200..300).contains(size)), "{sizes:?}");
        assert_eq!(parts[2].to_string(), "hash:3/4");
        // Never another one: a shard of today has the cases of the shard of tomorrow.
        let of = |id: &str| parts.iter().position(|part| part.has(id));
        assert_eq!(
            ["crud/create/minimal/User", "patch/remove/member-by-value-filter"].map(of),
            [Some(3), Some(1)]
        );
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in
            ["", "1/4", "hash:0/4", "hash:5/4", "hash:1/0", "hash:1", "hash:+1/4", "hash:1/1001", "count:1/4"]
        {
            assert_eq!(text.parse::<Partition>(), Err(NoPartition), "{text}");
        }
    }
}
