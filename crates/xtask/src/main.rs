//! The build and the checks that no library has.
//!
//! `cargo xtask front [--dev]` builds the browser half into the site folder that `Leptos.toml` names; `--style` only its style sheet.
//! `cargo xtask watch [demo …]` builds both halves, starts the panel, and does it again whenever a source changes; open pages load again.
//! `cargo xtask style [FILE]` looks at the class literals only, and writes the style sheet.
//! `cargo xtask check` looks at the house: sizes, layers, database access, names, licences, bans, advisories, claims.
//! `cargo xtask claims LOG` looks whether every claimed test has passed in a kept test output.

mod check;
mod front;
mod layout;
mod style;
mod watch;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let layout = layout::Layout::read()?;
    match words.as_slice() {
        ["front"] => front::build(&layout, front::Profile::Release),
        ["front", "--dev"] => front::build(&layout, front::Profile::Dev),
        ["front", "--style"] => front::restyle(&layout),
        ["watch", words @ ..] => watch::run(&layout, words),
        ["style"] => {
            let css = style::build(&layout.root)?;
            println!("style: {} bytes of CSS, every class known", css.len());
            Ok(())
        }
        ["style", file] => Ok(std::fs::write(file, style::build(&layout.root)?)?),
        ["check"] => check::run(&layout.root),
        ["claims", log] => check::passed(&layout.root, std::path::Path::new(log)),
        _ => bail!("usage: cargo xtask front [--dev | --style] | watch [WORDS] | style [FILE] | check | claims LOG"),
    }
}
