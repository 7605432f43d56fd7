//! Writing XML.

/// A document that is being written. Text is escaped, names are not.
pub(super) struct Xml {
    out: String,
    open: Vec<&'static str>,
}

impl Xml {
    /// Begins with the root element; `namespaces` are its attributes.
    pub fn new(root: &'static str, namespaces: &str) -> Self {
        Self { out: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} {namespaces}>\n"), open: vec![root] }
    }

    /// An element with what `inner` writes.
    pub fn element(&mut self, name: &'static str, inner: impl FnOnce(&mut Self)) {
        self.indent();
        self.out.push_str(&format!("<{name}>\n"));
        self.open.push(name);
        inner(self);
        self.open.pop();
        self.indent();
        self.out.push_str(&format!("</{name}>\n"));
    }

    /// An element with text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.text_with(name, "", text);
    }

    /// An element with text and attributes.
    pub fn text_with(&mut self, name: &str, attributes: &str, text: &str) {
        self.indent();
        let space = if attributes.is_empty() { "" } else { " " };
        self.out.push_str(&format!("<{name}{space}{attributes}>{}</{name}>\n", escaped(text)));
    }

    /// Ends the root element.
    pub fn finish(mut self) -> String {
        if let Some(root) = self.open.pop() {
            self.out.push_str(&format!("</{root}>\n"));
        }
        self.out
    }

    fn indent(&mut self) {
        self.out.push_str(&"  ".repeat(self.open.len()));
    }
}

/// Text for an element. What XML has no place for is left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
