//! What the panel has answered, whatever it is: the value itself where it was made or fetched, its text where the page brought it along.
//!
//! A resource of its own for each kind of data, with its suspense around it, was compiled for each of them.

use super::value::{DynEq, Key, Value};
use crate::{call, error::AppError};
use leptos::{prelude::*, server::codee::string::FromToStringCodec};
use serde::{Serialize, de::DeserializeOwned};
#[cfg(feature = "ssr")]
use std::any::Any;
use std::{fmt, future::Future, pin::Pin, str::FromStr, sync::Arc};

/// A resource of answers.
pub(super) type Fetched = Resource<FetchResult, FromToStringCodec>;
/// An answer that is awaited.
pub(super) type BoxedFetch = Pin<Box<dyn Future<Output = FetchResult> + Send>>;

/// The resource; it blocks the page's first byte.
pub(super) fn fetched(key: Box<dyn Fn() -> Key + Send + Sync>, fetcher: Box<dyn Fn(Key) -> BoxedFetch + Send + Sync>) -> Fetched {
    Resource::new_str_blocking(key, fetcher)
}

/// What the panel has answered.
#[derive(Clone)]
pub(super) struct FetchResult {
    pub(super) answer: Result<Payload, AppError>,
    /// What was asked for; nothing where the page brought the answer along.
    #[cfg_attr(feature = "ssr", allow(dead_code, reason = "a view is kept in the browser only"))]
    pub(super) key: Option<Key>,
}

/// A value, or its text.
#[derive(Clone)]
pub(super) enum Payload {
    Value {
        value: Value,
        /// Its text, for the page.
        #[cfg(feature = "ssr")]
        written: fn(&dyn Any) -> String,
    },
    Text(Arc<str>),
}

impl FetchResult {
    pub(super) fn of<T: PartialEq + Serialize + Send + Sync + 'static>(key: Key, answer: Result<T, AppError>) -> Self {
        let answer = answer.map(|value| Payload::Value {
            value: Arc::new(value),
            #[cfg(feature = "ssr")]
            written: |value| value.downcast_ref::<T>().and_then(|value| serde_json::to_string(value).ok()).unwrap_or_default(),
        });
        Self { answer, key: Some(key) }
    }
}

impl Payload {
    /// The value, which is a `T`.
    ///
    /// # Errors
    /// When it is something else.
    pub(super) fn get<T: PartialEq + DeserializeOwned + Send + Sync + 'static>(&self) -> Result<Value, AppError> {
        match self {
            Self::Value { value, .. } if DynEq::as_any(&**value).is::<T>() => Ok(Arc::clone(value)),
            // Of another kind it is as little readable as no text.
            Self::Value { .. } => Err(call::decode::<T>("").err().unwrap_or_else(|| AppError::read(""))),
            Self::Text(text) => call::decode::<T>(text).map(|value| Arc::new(value) as Value),
        }
    }
}

/// A value begins with this, an error with anything else.
const VALUE: char = '+';

impl fmt::Display for FetchResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            #[cfg(feature = "ssr")]
            Ok(Payload::Value { value, written }) => write!(f, "{VALUE}{}", written(value.as_any())),
            // Only the server writes.
            #[cfg(not(feature = "ssr"))]
            Ok(Payload::Value { .. }) => Ok(()),
            Ok(Payload::Text(text)) => write!(f, "{VALUE}{text}"),
            Err(error) => f.write_str(&serde_json::to_string(error).unwrap_or_default()),
        }
    }
}

impl FromStr for FetchResult {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, AppError> {
        let answer = match text.strip_prefix(VALUE) {
            Some(value) => Ok(Payload::Text(value.into())),
            None => Err(call::decode(text)?),
        };
        Ok(Self { answer, key: None })
    }
}
