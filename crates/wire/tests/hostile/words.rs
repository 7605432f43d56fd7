//! Words that try to become something else, and how random ones are made of them. The tests of other crates use them too.

use proptest::prelude::*;

/// Each breaks some language that text may end up in: shell, SQL, nginx, unit files, PHP, HTML, HTTP, paths, people's eyes.
pub const HOSTILE: &[&str] = &[
    "",
    " ",
    "\t",
    "$(reboot)",
    "`id`",
    "${IFS}",
    "$uri",
    "%n",
    "%H",
    ";",
    "a;b",
    "|",
    "&",
    "&&",
    "a b",
    "a\nb",
    "a\rb",
    "a\r\nSet-Cookie: x=y",
    "a\0b",
    "\0",
    "\u{7f}",
    "\u{85}",
    "\u{1b}[31m",
    "-rf",
    "--config=/etc/passwd",
    "../../etc/passwd",
    "..",
    ".",
    "/",
    "/etc/passwd",
    "//evil.example",
    "C:\\x\\",
    "\\",
    "\\n",
    "\\u0041",
    "it's",
    "\"q\"",
    "'; drop table users; --",
    "}",
    "{",
    "}; return 200 pwned; #",
    "#",
    "[Service]",
    "ExecStart=/bin/sh",
    "=",
    "</title><script>alert(1)</script>",
    "]]>",
    "<?php phpinfo();",
    "?>",
    "*/",
    "${jndi:ldap://x}",
    "&amp;",
    "&#39;",
    "&#0;",
    "*",
    "?",
    "~root",
    "a@b",
    "a,b",
    "\u{430}pple",
    "\u{ff0e}\u{ff0f}",
    "\u{202e}gnp",
    "\u{2066}x\u{2069}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{2029}",
    "\u{a0}",
    "\u{5d0}\u{5d1}",
    "\u{1f600}",
    "e\u{301}",
];

/// Ten thousand bytes of one letter.
pub fn long() -> String {
    "x".repeat(10_000)
}

/// Any text, hostile words and plain ones in any mixture.
pub fn text() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(HOSTILE).prop_map(str::to_owned);
    let part = prop_oneof![4 => hostile, 2 => "[a-z0-9.-]{0,12}", 2 => ".{0,8}", 1 => "(?s).{0,8}"];
    prop_oneof![9 => prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat()), 1 => Just(long())]
}
