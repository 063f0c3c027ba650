//! The frame of a page: headline, state, sections, and the policy that keeps everything else out.

use std::io::{self, Write};

use askama::Template as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::human::minutes;
use super::section::{Figure, SectionView};
use crate::base::{printable, utc_text};
use crate::export::People;
use crate::report::Completeness;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("sort.js");

/// A page about to be written.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) lead: &'a str,
    pub(super) completeness: &'a Completeness,
    pub(super) people: &'a People,
    pub(super) headlines: Vec<Figure>,
    pub(super) sections: Vec<SectionView>,
}

#[derive(askama::Template)]
#[template(path = "page.html", config = "src/export/html/askama.toml")]
struct PageTemplate<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    title: &'a str,
    lead: &'a str,
    is_complete: bool,
    as_of: String,
    as_of_short: String,
    people: &'static str,
    sentences: Vec<String>,
    headlines: Vec<Figure>,
    sections: Vec<SectionView>,
}

impl Page<'_> {
    pub(super) fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let as_of = utc_text(self.completeness.as_of);
        // The first sentence tells what the badge tells.
        let sentences = self.completeness.sentences().into_iter().skip(1);
        let template = PageTemplate {
            policy: policy(),
            style: STYLE,
            script: SCRIPT,
            title: self.title,
            lead: self.lead,
            is_complete: self.completeness.is_complete(),
            as_of_short: minutes(&as_of),
            as_of,
            people: self.people.word(),
            sentences: sentences.map(|sentence| printable(&sentence).into_owned()).collect(),
            headlines: self.headlines,
            sections: self.sections,
        };
        let text = template.render().map_err(io::Error::other)?;
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

/// Nothing but this style and this script (Content Security Policy Level 3, "hash-source").
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; \
         form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}
