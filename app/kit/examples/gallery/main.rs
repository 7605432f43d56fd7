//! Writes the gallery and its pages as HTML, for looking at them: `cargo run -p app-kit --features ssr --example gallery -- DIR STYLE.css`.

mod charts;
mod controls;
mod data;
mod feedback;
mod flows;
mod kit;
mod live;
mod overlays;
mod pages;

use app_kit::tw;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{components::Router, location::RequestUrl};
use std::{error::Error, fs, path::PathBuf};

fn page<V: IntoView + 'static>(path: &str, theme: &'static str, view: impl FnOnce() -> V + Send + 'static) -> String {
    let owner = Owner::new();
    owner.with(|| {
        provide_context(RequestUrl::new(path));
        provide_meta_context();
        let body = view! { <Router><div class=tw!("contents")>{view()}</div></Router> }.to_html();
        format!("<!doctype html><html lang=en data-theme={theme}><head><meta charset=utf-8><meta name=viewport content=\"width=device-width, initial-scale=1\"><link rel=stylesheet href=style.css></head><body>{body}</body></html>")
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1).map(PathBuf::from);
    let (folder, style) = args.next().zip(args.next()).ok_or("usage: gallery DIR STYLE.css")?;
    fs::create_dir_all(&folder)?;
    fs::copy(style, folder.join("style.css"))?;
    fs::write(folder.join("kit.html"), page("/kit", "light", || view! { <kit::KitPage/> }))?;
    for theme in ["light", "dark"] {
        let all = [
            ("pods", page("/admin/hosting/cloudpods", theme, || view! { <pages::AdminPods/> })),
            ("job", page("/admin/administration/provisioning/1", theme, || view! { <pages::AdminJob/> })),
            ("checkout", page("/order", theme, || view! { <pages::Checkout/> })),
            ("sign-in", page("/sign-in", theme, || view! { <pages::SignIn/> })),
            ("tenant", page("/t/lumen", theme, || view! { <pages::TenantHome/> })),
        ];
        for (name, html) in all {
            fs::write(folder.join(format!("{name}-{theme}.html")), html)?;
        }
    }
    Ok(())
}
