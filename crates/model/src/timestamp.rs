//! A timestamp in the browser. It parses only the format that the panel writes: `chrono`'s parser accepts many formats and is larger than most
//! pages.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::ops::{Deref, Sub};

/// A point in time, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Reads `2026-11-29T05:46:56.123456Z`.
    fn read(text: &str) -> Option<Self> {
        let (whole, rest) = text.split_at_checked(19)?;
        let marks = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
        if !marks.iter().all(|(at, mark)| whole[*at..].starts_with(*mark)) {
            return None;
        }
        let number = |from: usize, to: usize| whole.get(from..to)?.parse::<u32>().ok();
        let nanos = match rest.strip_suffix('Z')? {
            "" => 0,
            fraction => {
                let digits = fraction.strip_prefix('.')?;
                digits.parse::<u32>().ok()?.checked_mul(10_u32.pow(9_u32.checked_sub(u32::try_from(digits.len()).ok()?)?))?
            }
        };
        let day = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
        Some(Self(day.and_hms_nano_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, nanos)?.and_utc()))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at)
    }
}

impl Deref for Timestamp {
    type Target = DateTime<Utc>;

    fn deref(&self) -> &DateTime<Utc> {
        &self.0
    }
}

impl Sub for Timestamp {
    type Output = TimeDelta;

    fn sub(self, earlier: Self) -> TimeDelta {
        self.0 - earlier.0
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Timestamp;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a timestamp")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::read(text).ok_or_else(|| E::custom("invalid timestamp"))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_round_trip() {
        for nanos in [0, 1_000_000, 123_000_000, 123_456_000, 999_999_999] {
            for seconds in [0, 951_782_399, 1_796_000_000, 4_102_444_799] {
                let at = DateTime::from_timestamp(seconds, nanos).unwrap();
                let text = serde_json::to_string(&at).unwrap();
                let read: Timestamp = serde_json::from_str(&text).unwrap();
                assert_eq!((*read, serde_json::to_string(&read).unwrap()), (at, text));
            }
        }
    }

    #[test]
    fn other_formats_are_rejected() {
        for text in [
            "",
            "2026-11-29",
            "2026-13-29T05:46:56Z",
            "2026-11-29 05:46:56Z",
            "2026-11-29T05:46:56+01:00",
            "2026-11-29T05:46:56.1234567891Z",
            "2026-11-29T05:46:5éZ",
        ] {
            assert!(Timestamp::read(text).is_none(), "{text}");
        }
    }
}
