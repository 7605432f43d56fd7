//! Calls of the panel from a page. What travels is text (JSON), and what carries it is compiled once; of each operation is only the making
//! and reading of the text. Compiled anew for each operation it was a fifth of all that a browser had to load. A form travels as it is: the
//! server makes the operation's input of its fields.

use crate::error::AppError;
use leptos::prelude::*;
use model::error::ApiError;
use serde::{Serialize, de::DeserializeOwned};
use server_fn::{
    Http, Protocol, ServerFn,
    client::Client,
    codec::{Json, PostUrl},
    error::{FromServerFnError, ServerFnErrorErr},
    request::Req,
    server::Server,
};
use std::{future::Future, marker::PhantomData, pin::Pin, time::Duration};

/// How every operation travels: JSON there and back, by POST. A form's fields are taken as well.
pub struct Posted;

impl<Input, Output, C, S> Protocol<Input, Output, C, S, AppError> for Posted
where
    Http<Json, Json>: Protocol<Input, Output, C, S, AppError>,
    Http<PostUrl, Json>: Protocol<Input, Output, C, S, AppError>,
    Input: Serialize + Send,
    Output: DeserializeOwned + Send,
    C: Client<AppError>,
    S: Server<AppError>,
{
    const METHOD: http::Method = <Http<Json, Json> as Protocol<Input, Output, C, S, AppError>>::METHOD;

    fn run_server<F, Fut>(request: S::Request, server_fn: F) -> impl Future<Output = Result<S::Response, AppError>> + Send
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Output, AppError>> + Send,
    {
        async move {
            match request.to_content_type() {
                Some(kind) if is_form(kind.as_bytes()) => {
                    <Http<PostUrl, Json> as Protocol<Input, Output, C, S, AppError>>::run_server(request, server_fn).await
                }
                _ => <Http<Json, Json> as Protocol<Input, Output, C, S, AppError>>::run_server(request, server_fn).await,
            }
        }
    }

    fn run_client(path: &str, input: Input) -> impl Future<Output = Result<Output, AppError>> + Send {
        let answer = encode(&input).map(|body| post(path, JSON, body));
        async move { decode(&answer?.await?) }
    }
}

/// How an input is written.
const JSON: &str = "application/json";
/// How a browser writes the fields of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Whether this content type is that of a form's fields.
pub fn is_form(kind: &[u8]) -> bool {
    kind.split(|byte| *byte == b';').next().is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(FORM.as_bytes()))
}

/// What a call comes to: the answer's text.
type Answer = Pin<Box<dyn Future<Output = Result<String, AppError>> + Send>>;

#[cfg(feature = "hydrate")]
fn post(path: &str, kind: &str, body: String) -> Answer {
    use server_fn::{
        client::browser::BrowserClient,
        request::{ClientReq, browser::BrowserRequest},
        response::{ClientRes, browser::BrowserResponse},
    };
    let request = <BrowserRequest as ClientReq<AppError>>::try_new_post(path, kind, JSON, body);
    Box::pin(async move {
        let answer: BrowserResponse = <BrowserClient as Client<AppError>>::send(request?).await?;
        let status = ClientRes::<AppError>::status(&answer);
        let text = ClientRes::<AppError>::try_into_string(answer).await?;
        if (400..=599).contains(&status) { Err(AppError::read(&text)) } else { Ok(text) }
    })
}

/// On the server an operation is the function itself; nobody calls it over the wire.
#[cfg(not(feature = "hydrate"))]
fn post(path: &str, _: &str, _: String) -> Answer {
    let error = AppError::from_server_fn_error(ServerFnErrorErr::Request(path.to_owned()));
    Box::pin(std::future::ready(Err(error)))
}

fn encode<T: Serialize>(input: &T) -> Result<String, AppError> {
    serde_json::to_string(input).map_err(|error| AppError::from_server_fn_error(ServerFnErrorErr::Serialization(error.to_string())))
}

/// Reads what the panel has written.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, AppError> {
    serde_json::from_str(text).map_err(|error| AppError::from_server_fn_error(ServerFnErrorErr::Deserialization(error.to_string())))
}

/// What a page can do by one operation: the calls of it by a form, a dialog or a button, and the last answer.
pub struct Call<S> {
    pub(crate) parts: CallParts,
    of: PhantomData<fn() -> S>,
}

/// All of it that is not of one operation.
#[derive(Clone, Copy)]
pub struct CallParts {
    /// Address of the operation.
    pub(crate) path: &'static str,
    /// Takes the fields of a form.
    pub(crate) action: Action<String, Result<String, AppError>>,
    /// The operation as it was filled in: names of fields as a form writes them, and their values.
    pub(crate) values: StoredValue<Vec<(String, String)>>,
}

/// What is done with the text of an answer.
pub type OnDone = Callback<String, Result<(), ApiError>>;

impl<S> Clone for Call<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Call<S> {}

impl<S> From<S> for Call<S>
where
    S: ServerFn<Error = AppError> + Serialize,
{
    /// The operation with what is known of it: a form begins with these values, and sends those that it has no field for as they are.
    fn from(operation: S) -> Self {
        let values = encode(&operation).map(|text| super::form::values::of_json(&text)).unwrap_or_default();
        Self { parts: parts(S::PATH, values), of: PhantomData }
    }
}

impl<S> Call<S>
where
    S: ServerFn<Error = AppError>,
{
    /// Whether the last call has worked.
    pub fn has_worked(self) -> bool {
        self.parts.action.value().with(|answer| matches!(answer, Some(Ok(_))))
    }

    /// What it gave to the form that was handed in, on a page without the program.
    pub fn output(self) -> Option<S::Output>
    where
        S::Output: DeserializeOwned,
    {
        self.parts.action.value().with_untracked(|answer| answer.as_ref()?.as_ref().ok().and_then(|text| decode(text).ok()))
    }
}

impl CallParts {
    /// Forgets the last answer.
    pub(crate) fn clear(self) {
        self.action.clear();
    }
}

/// Calls an operation that takes nothing, once, and tells how it went.
pub(crate) fn call_once(path: &'static str, done: Callback<Result<String, AppError>>) {
    leptos::task::spawn_local(async move { done.run(post(path, JSON, "{}".to_owned()).await) });
}

fn parts(path: &'static str, values: Vec<(String, String)>) -> CallParts {
    let action = Action::new_with_value(crate::html_only::submitted_result(path), move |fields: &String| post(path, FORM, fields.clone()));
    CallParts { path, action, values: StoredValue::new(values) }
}

/// Reads an answer for whoever waits for its output, and tells them when the work of the one that asked is over: what they do then may take
/// away the button or the form that asked.
pub(crate) fn reading<T: DeserializeOwned + 'static>(done: Callback<T>) -> OnDone {
    Callback::new(move |text: String| {
        let output = decode(&text).map_err(|error| error.0)?;
        let tell = move || {
            done.try_run(output);
        };
        set_timeout(tell, Duration::ZERO);
        Ok(())
    })
}
