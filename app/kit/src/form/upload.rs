//! A form whose file is the body of its request, for files that are too large to be written as text.

#[cfg(feature = "hydrate")]
use crate::error::AppError;
use crate::{
    button::{Button, Size},
    classes,
    form::{
        FormState,
        field::{Field, INPUT, Slot, invalid},
        fields,
        summary::ErrorSummary,
    },
    html_only,
};
use leptos::{ev, prelude::*, tachys::reactive_graph::OwnedView};
use model::error::ApiError;
use serde::de::DeserializeOwned;

/// Stands before the names of an [`UploadForm`]'s fields, so that no other form of the page has the same; it is not sent.
pub const UPLOAD: &str = "upload_";

/// A form that sends the file of its [`UploadField`] as it is. What else is typed goes into the query. Names of its fields begin with [`UPLOAD`].
#[component]
pub fn UploadForm<T>(
    /// Address that takes the file, with what of its query is known.
    #[prop(into)]
    url: String,
    /// Called with the answer when it has worked.
    on_done: Callback<T>,
    /// The fields and the [`Submit`](crate::button::Submit).
    children: Children,
) -> impl IntoView
where
    T: DeserializeOwned + 'static,
{
    let done = Callback::new(move |text: String| match crate::call::decode(&text) {
        Ok(answer) => {
            on_done.run(answer);
            None
        }
        Err(error) => Some(error.0),
    });
    view! { <AnyUploadForm url done children/> }.into_any()
}

/// The form, whatever is answered.
#[component]
fn AnyUploadForm(url: String, done: Callback<String, Option<ApiError>>, children: Children) -> impl IntoView {
    if html_only::is_html_only() {
        return view! { <p class="text-13 text-2">"Uploads need JavaScript. Allow it in this browser, or use the API."</p> }.into_any();
    }
    let upload = Upload::default();
    let Upload { error, pending, .. } = upload;
    // Nobody would hear what came of it.
    on_cleanup(move || abort(upload));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        match fields(&event) {
            Ok(typed) => {
                let typed: Vec<&str> = typed.split('&').map(|pair| pair.strip_prefix(UPLOAD).unwrap_or(pair)).collect();
                send(&event, format!("{url}&{}", typed.join("&")), upload, done);
            }
            Err(refused) => error.set(Some(refused)),
        }
    };
    // What the fields see does not leave the form.
    let owner = Owner::new();
    let (children, summary) = owner.with(|| {
        let error = Signal::derive(move || error.get().map(named));
        provide_context(FormState { error, pending: pending.into() });
        (children(), view! { <ErrorSummary error/> }.into_any())
    });
    let progress = move || pending.get().then(|| view! { <Progress upload/> });
    let inside = OwnedView::new_with_owner(view! { {summary}{children}{progress} }.into_any(), owner);
    view! { <form method="post" class="grid gap-4" on:submit=submit novalidate="" data-hold="">{inside}</form> }.into_any()
}

/// A request that a browser sends.
#[cfg(feature = "hydrate")]
type Request = send_wrapper::SendWrapper<web_sys::XmlHttpRequest>;
#[cfg(not(feature = "hydrate"))]
type Request = ();

/// The upload of a form, while it goes on and afterwards.
#[derive(Clone, Copy)]
struct Upload {
    error: RwSignal<Option<ApiError>>,
    pending: RwSignal<bool>,
    /// How much of the file is sent, in percent.
    sent: RwSignal<f64>,
    /// The request that sends it; removed to cancel it.
    request: StoredValue<Option<Request>>,
}

impl Default for Upload {
    fn default() -> Self {
        Self { error: RwSignal::new(None), pending: RwSignal::new(false), sent: RwSignal::new(0.0), request: StoredValue::new(None) }
    }
}

/// How much is sent, and the button that cancels it.
#[component]
fn Progress(upload: Upload) -> impl IntoView {
    let percent = move || upload.sent.get();
    let words = move || match percent() {
        sent if sent < 100.0 => format!("Uploading: {sent} %. Leaving this page cancels the upload."),
        _ => "Uploaded. The server is checking the file.".to_owned(),
    };
    view! {
        <div class="grid gap-2">
            <progress class="w-full" max="100" value=move || percent().to_string() aria-label="Upload progress"></progress>
            <div class="flex flex-wrap items-center justify-between gap-2 text-13 text-2">
                <span class="num">{words}</span>
                <Button size=Size::Small on:click=move |_| abort(upload)>"Cancel upload"</Button>
            </div>
        </div>
    }
    .into_any()
}

/// An error on the fields of the form.
fn named(mut error: ApiError) -> ApiError {
    for fault in &mut error.fields {
        fault.field.insert_str(0, UPLOAD);
    }
    error
}

/// The file of an [`UploadForm`]. Its name is sent as `name`.
#[component]
pub fn UploadField(
    /// Label.
    #[prop(into)]
    label: String,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// Endings of files that are offered, `.zip,.tgz`.
    #[prop(into)]
    accept: String,
) -> impl IntoView {
    let name = format!("{UPLOAD}name");
    let slot = Slot::of(&name);
    let refused = invalid(&name);
    view! {
        <Field name label help=help>
            <input
                class=classes([INPUT, tw!("h-control px-2.75 py-1.5")])
                id=slot.id
                type="file"
                accept=accept
                aria-invalid=refused
                aria-describedby=slot.described
                data-field=slot.key
            />
        </Field>
    }
    .into_any()
}

/// Sends the form's file, and says what comes of it.
#[cfg(feature = "hydrate")]
fn send(event: &ev::SubmitEvent, url: String, upload: Upload, done: Callback<String, Option<ApiError>>) {
    use crate::form::values::encoded;
    use wasm_bindgen::JsCast;

    let form = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok());
    let input = form.and_then(|form| form.query_selector("input[type=file]").ok().flatten());
    let input = input.and_then(|input| input.dyn_into::<web_sys::HtmlInputElement>().ok());
    let Some(file) = input.and_then(|input| input.files()).and_then(|files| files.get(0)) else {
        return upload.error.set(Some(ApiError::field("name", "Choose a file.")));
    };
    let url = format!("{url}&{}", encoded(&[("name".to_owned(), file.name())]));
    upload.error.set(None);
    upload.sent.set(0.0);
    upload.pending.set(true);
    leptos::task::spawn_local(async move {
        let failed = match post(&url, &file, upload).await {
            Ok(Some(text)) => done.run(text),
            Ok(None) => None,
            Err(failed) => Some(failed.0),
        };
        // The page may have gone meanwhile.
        upload.error.try_set(failed);
        upload.pending.try_set(false);
    });
}

/// Only a browser sends forms.
#[cfg(not(feature = "hydrate"))]
fn send(_: &ev::SubmitEvent, _: String, _: Upload, _: Callback<String, Option<ApiError>>) {}

/// Cancels the upload, if it goes on.
fn abort(upload: Upload) {
    #[cfg(feature = "hydrate")]
    if let Some(request) = upload.request.try_update_value(Option::take).flatten() {
        _ = request.abort();
    }
    #[cfg(not(feature = "hydrate"))]
    upload.request.try_update_value(Option::take);
}

/// The answer; nothing when it was cancelled. `fetch` would not say how much is sent.
#[cfg(feature = "hydrate")]
async fn post(url: &str, file: &web_sys::File, upload: Upload) -> Result<Option<String>, AppError> {
    use send_wrapper::SendWrapper;
    use server_fn::error::{FromServerFnError, ServerFnErrorErr};
    use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{ProgressEvent, XmlHttpRequest};

    let failed = |error: JsValue| AppError::from_server_fn_error(ServerFnErrorErr::Request(format!("{error:?}")));
    let request = XmlHttpRequest::new().map_err(failed)?;
    request.open("POST", url).map_err(failed)?;
    let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.length_computable() {
            upload.sent.try_set((event.loaded() / event.total() * 100.0).floor());
        }
    });
    request.upload().map_err(failed)?.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    // However it ends.
    let ended = js_sys::Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
    upload.request.try_set_value(Some(SendWrapper::new(request.clone())));
    request.send_with_opt_blob(Some(file)).map_err(failed)?;
    JsFuture::from(ended).await.map_err(failed)?;
    if upload.request.try_update_value(Option::take).flatten().is_none() {
        return Ok(None);
    }
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match request.status().unwrap_or_default() {
        0 => Err(failed(JsValue::NULL)),
        200..=299 => Ok(Some(text)),
        _ => Err(AppError::read(&text)),
    }
}
