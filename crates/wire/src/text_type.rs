//! A string that is checked once, when it is made, and can be trusted after that.

/// Why a text was not accepted. Names the field and the rule, never the text itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidText {
    /// Which field, in words a person knows.
    pub what: &'static str,
    /// The rule that was broken.
    pub why: &'static str,
}

impl std::fmt::Display for InvalidText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

impl std::error::Error for InvalidText {}

/// Makes a checked text type: `text_type!(Name, "words for people", check_fn, "doc")`.
/// The check runs in `new` and on deserialize, so no unchecked value can exist.
macro_rules! text_type {
    ($name:ident, $what:literal, $check:path, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text and takes it.
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::InvalidText> {
                let text = text.into();
                match $check(&text) {
                    Ok(()) => Ok(Self(text)),
                    Err(why) => Err($crate::InvalidText { what: $what, why }),
                }
            }

            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::InvalidText;
            fn try_from(text: String) -> Result<Self, $crate::InvalidText> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::InvalidText;
            fn from_str(text: &str) -> Result<Self, $crate::InvalidText> {
                Self::new(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text_type;
