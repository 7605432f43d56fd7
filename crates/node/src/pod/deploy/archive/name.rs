//! Names and targets of links in archives of strangers.

/// Longest name, in bytes.
pub const MAX_NAME: usize = 1024;
/// Most folders above each other.
const MAX_DEPTH: usize = 64;
/// Longest part of a name, as file systems have it.
const MAX_PART: usize = 255;

/// The parts of an entry's name. None for what names the archive's own top.
///
/// # Errors
/// Why it cannot be the name of something below a folder.
pub fn parts(name: &[u8]) -> Result<Vec<&str>, &'static str> {
    if name.len() > MAX_NAME {
        return Err("its name is longer than 1024 bytes");
    }
    let name = std::str::from_utf8(name).map_err(|_| "its name is not in UTF-8")?;
    if name.chars().any(char::is_control) {
        return Err("its name has a control character");
    }
    if name.contains('\\') {
        return Err("its name has a backslash");
    }
    if name.starts_with('/') {
        return Err("its name begins at the root");
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("its name leads out of the archive");
    }
    if parts.len() > MAX_DEPTH || parts.iter().any(|part| part.len() > MAX_PART) {
        return Err("its name has too many or too long parts");
    }
    Ok(parts)
}

/// The parts of a link's target, when it stays below the folder that so many parts of the link's own place are in. `..` stands only at its
/// beginning: behind a name that is a link itself it would lead elsewhere than it says.
///
/// # Errors
/// Why it may not be followed.
pub fn target(to: &[u8], depth: usize) -> Result<String, &'static str> {
    if to.is_empty() || to.len() > MAX_NAME {
        return Err("it is a link to nothing, or its target is longer than 1024 bytes");
    }
    let text = std::str::from_utf8(to).map_err(|_| "it is a link whose target is not in UTF-8")?;
    if text.chars().any(char::is_control) || text.contains('\\') {
        return Err("it is a link whose target has a control character or a backslash");
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let up = parts.iter().take_while(|part| **part == "..").count();
    if text.starts_with('/') || up > depth || parts.iter().skip(up).any(|part| *part == "..") {
        return Err("it is a link that may lead out of the archive");
    }
    Ok(text.to_owned())
}
