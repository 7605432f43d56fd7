//! What is typed of a source.

use engine::{Error, Result};
use model::hosting::{
    cloudpods::Stack,
    deploys::{SiteRelease, SourceInput},
};
use wire::{
    InvalidText,
    deploy::{BranchName, BuildCommand, GitRemote, MAX_SHARED, StartFile, not_apart},
    settings::RootFolder,
};

/// The input without what is between its words, checked.
///
/// # Errors
/// On the field.
pub(super) fn checked(stack: Stack, typed: SourceInput) -> Result<SourceInput> {
    let (remote, branch) = (typed.remote.trim().to_owned(), typed.branch.trim().to_owned());
    let input = SourceInput { remote, branch, ..checked_build(stack, typed)? };
    GitRemote::new(&*input.remote).map_err(refused("remote"))?;
    BranchName::new(&*input.branch).map_err(refused("branch"))?;
    Ok(input)
}

fn refused(field: &'static str) -> impl Fn(InvalidText) -> Error {
    move |invalid| Error::field(field, format!("Enter {}.", invalid.why))
}

/// The same of what is done with it, wherever it comes from.
///
/// # Errors
/// On the field.
pub(super) fn checked_build(stack: Stack, typed: SourceInput) -> Result<SourceInput> {
    if stack == Stack::Wordpress {
        return Err(Error::conflict("WordPress sites keep their own files. They can't be deployed from git or archives."));
    }
    let folder = |text: &str| text.trim().trim_start_matches("./").trim_matches('/').to_owned();
    let input = SourceInput {
        folder: folder(&typed.folder),
        build_command: typed.build_command.replace("\r\n", "\n").trim().to_owned(),
        publish: folder(&typed.publish),
        start_file: folder(&typed.start_file),
        shared: typed.shared.split_whitespace().map(folder).collect::<Vec<_>>().join(" "),
        ..SourceInput::default()
    };
    if !input.folder.is_empty() {
        RootFolder::new(&*input.folder).map_err(refused("folder"))?;
    }
    if !input.build_command.is_empty() {
        BuildCommand::new(&*input.build_command).map_err(refused("build_command"))?;
    }
    if !input.publish.is_empty() {
        RootFolder::new(served(&input)).map_err(refused("publish"))?;
    }
    if !input.start_file.is_empty() {
        if stack != Stack::Node {
            return Err(Error::field("start_file", "Only Node.js sites have a start file."));
        }
        StartFile::new(&*input.start_file).map_err(refused("start_file"))?;
    }
    let shared: Vec<&str> = input.shared.split_whitespace().collect();
    if shared.len() > MAX_SHARED {
        return Err(Error::field("shared", format!("Enter at most {MAX_SHARED} folders.")));
    }
    let shared = shared.into_iter().map(RootFolder::new).collect::<std::result::Result<Vec<_>, _>>().map_err(refused("shared"))?;
    match not_apart(&shared) {
        Some(why) => Err(Error::field("shared", format!("Enter {why}."))),
        None => Ok(input),
    }
}

/// What of a release is served, below its folder.
fn served(input: &SourceInput) -> String {
    [&*input.folder, &*input.publish].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// The release with this number that is built of this source.
pub(super) fn release(number: i32, input: &SourceInput) -> SiteRelease {
    SiteRelease { name: format!("r{number}"), folder: served(input), start: input.start_file.clone() }
}
