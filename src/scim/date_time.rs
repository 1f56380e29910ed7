//! xsd:dateTime values (RFC 7643 §2.3.5) as instants that can be compared.

use std::cmp::Ordering;

const NANOSECONDS: i128 = 1_000_000_000;

/// A point in time as a SCIM value states it. Equality and order are chronological: precision and zone do not count.
#[derive(Debug, Clone, Copy)]
pub struct DateTime {
    /// Nanoseconds since 1970-01-01T00:00:00Z. A value without zone is read as UTC; digits beyond nanoseconds are cut.
    pub nanoseconds: i128,
    /// How many digits of a second the value states.
    pub fraction_digits: usize,
    /// Whether the value names its zone.
    pub has_zone: bool,
}

impl DateTime {
    /// Reads an xsd:dateTime: `2011-05-13T04:42:34Z`, with any number of fraction digits, an optional zone of at most
    /// 14 hours, `24:00:00` for midnight at the end of a day, and years of four to nine digits with optional minus.
    /// `None` for anything else; in particular a leap second is not a valid xsd:dateTime.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let days = reader.date()?;
        reader.literal('T')?;
        let (seconds, fraction, fraction_digits) = reader.time()?;
        let zone = reader.zone()?;
        if !reader.rest.is_empty() {
            return None;
        }
        let seconds = i128::from(days) * 86_400 + i128::from(seconds - zone.unwrap_or(0) * 60);
        Some(Self {
            nanoseconds: seconds * NANOSECONDS + fraction,
            fraction_digits,
            has_zone: zone.is_some(),
        })
    }

    /// Whether both say the same when the finer one is cut to the digits of the coarser one: stores keep timestamps
    /// with different precision.
    #[must_use]
    pub fn same_when_truncated(&self, other: &Self) -> bool {
        let digits = self.fraction_digits.min(other.fraction_digits).min(9);
        let unit = (digits..9).fold(1_i128, |unit, _| unit * 10);
        self.nanoseconds.div_euclid(unit) == other.nanoseconds.div_euclid(unit)
    }
}

impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.nanoseconds == other.nanoseconds
    }
}

impl Eq for DateTime {}

impl PartialOrd for DateTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DateTime {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanoseconds.cmp(&other.nanoseconds)
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn literal(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }

    fn digits(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }

    fn pair(&mut self, highest: i64) -> Option<i64> {
        let digits = self.rest.get(..2).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
        self.rest = &self.rest[2..];
        digits.parse().ok().filter(|number| *number <= highest)
    }

    /// Days since 1970-01-01.
    fn date(&mut self) -> Option<i64> {
        let negative = self.literal('-').is_some();
        let year = self.digits();
        let padded = year.len() > 4 && year.starts_with('0');
        if !(4..=9).contains(&year.len()) || padded {
            return None;
        }
        let year: i64 = year.parse().ok()?;
        let year = if negative { -year } else { year };
        self.literal('-')?;
        let month = self.pair(12)?;
        self.literal('-')?;
        let day = self.pair(31)?;
        let valid = month >= 1 && day >= 1 && day <= days_in_month(year, month);
        valid.then(|| days_from_civil(year, month, day))
    }

    /// Seconds of the day, nanoseconds and the number of fraction digits.
    fn time(&mut self) -> Option<(i64, i128, usize)> {
        let hour = self.pair(24)?;
        self.literal(':')?;
        let minute = self.pair(59)?;
        self.literal(':')?;
        let second = self.pair(59)?;
        let mut fraction = "";
        if self.literal('.').is_some() {
            fraction = self.digits();
            if fraction.is_empty() {
                return None;
            }
        }
        let kept = &fraction[..fraction.len().min(9)];
        let nanoseconds = format!("{kept:0<9}").parse().ok()?;
        let past_midnight = minute > 0 || second > 0 || fraction.bytes().any(|b| b != b'0');
        let valid = hour < 24 || !past_midnight;
        valid.then_some((hour * 3600 + minute * 60 + second, nanoseconds, fraction.len()))
    }

    /// Offset from UTC in minutes; the outer `None` is a mistake, the inner one a value without zone.
    #[expect(clippy::option_option, reason = "absent and malformed are different, and nobody else sees this")]
    fn zone(&mut self) -> Option<Option<i64>> {
        if self.rest.is_empty() {
            return Some(None);
        }
        if self.literal('Z').is_some() {
            return Some(Some(0));
        }
        let sign = if self.literal('-').is_some() { -1 } else { self.literal('+').map(|()| 1)? };
        let hours = self.pair(14)?;
        self.literal(':')?;
        let minutes = self.pair(59)?;
        (hours < 14 || minutes == 0).then_some(Some(sign * (hours * 60 + minutes)))
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days between 1970-01-01 and a date of the proleptic Gregorian calendar; years count from March so that the leap
/// day is the last one.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(text: &str) -> DateTime {
        DateTime::parse(text).unwrap_or_else(|| panic!("{text} is a dateTime"))
    }

    #[test]
    fn reads_valid_values() {
        for (text, seconds, digits, zone) in [
            ("1970-01-01T00:00:00Z", 0, 0, true),
            ("2011-05-13T04:42:34Z", 1_305_261_754, 0, true),
            ("2011-05-13T06:42:34+02:00", 1_305_261_754, 0, true),
            ("2008-01-23T04:56:22Z", 1_201_064_182, 0, true),
            ("2008-01-23T04:56:22", 1_201_064_182, 0, false),
            ("1969-12-31T24:00:00.000Z", 0, 3, true),
            ("1970-01-01T14:00:00+14:00", 0, 0, true),
            ("2000-02-29T00:00:00Z", 951_782_400, 0, true),
        ] {
            let value = instant(text);
            assert_eq!(value.nanoseconds, seconds * NANOSECONDS, "{text}");
            assert_eq!((value.fraction_digits, value.has_zone), (digits, zone), "{text}");
        }
        assert_eq!(instant("1970-01-01T00:00:00.1234567891234Z").nanoseconds, 123_456_789);
        assert!(instant("-0044-03-15T12:00:00Z") < instant("0000-01-01T00:00:00Z"));
    }

    #[test]
    fn refuses_what_xsd_refuses() {
        for text in [
            "",
            "2011-05-13",
            "2011-05-13 04:42:34Z",
            "2011-05-13t04:42:34Z",
            "2011-13-01T00:00:00Z",
            "2011-02-29T00:00:00Z",
            "2011-05-13T24:00:01Z",
            "2011-05-13T04:42:60Z",
            "2011-05-13T04:42Z",
            "2011-05-13T04:42:34.Z",
            "2011-05-13T04:42:34+14:01",
            "2011-05-13T04:42:34+0200",
            "11-05-13T04:42:34Z",
            "02011-05-13T04:42:34Z",
            "2011-05-13T04:42:34Zx",
            "2011-05-13T0é:42:34Z",
            "+2011-05-13T04:42:34Z",
        ] {
            assert!(DateTime::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn truncation_takes_the_coarser_precision() {
        let (fine, coarse) = (instant("2011-05-13T04:42:34.987Z"), instant("2011-05-13T04:42:34Z"));
        assert!(fine.same_when_truncated(&coarse) && coarse.same_when_truncated(&fine));
        assert!(!fine.same_when_truncated(&instant("2011-05-13T04:42:34.988Z")));
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,40}") {
            let _ = DateTime::parse(&text);
        }

        #[test]
        fn order_is_that_of_the_clock(
            a in (1600_i64..2400, 1_i64..13, 1_i64..29, 0_i64..24, 0_i64..60, 0_i64..60),
            b in (1600_i64..2400, 1_i64..13, 1_i64..29, 0_i64..24, 0_i64..60, 0_i64..60),
        ) {
            let text = |t: (i64, i64, i64, i64, i64, i64)|
                format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", t.0, t.1, t.2, t.3, t.4, t.5);
            prop_assert_eq!(instant(&text(a)).cmp(&instant(&text(b))), a.cmp(&b));
        }
    }
}
