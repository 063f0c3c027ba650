//! Color, where a stream can show it and nobody asked for none. Every message reads the same without.

use clap::ValueEnum;

use crate::base::Environment;

/// The answer to `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

impl ColorChoice {
    /// Whether a stream is styled. `NO_COLOR` is the convention of no-color.org.
    pub(in crate::cli) fn applies_to(self, is_terminal: bool, environment: &Environment) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                is_terminal
                    && environment.get("NO_COLOR").is_none()
                    && environment.get("TERM").is_none_or(|terminal| terminal != "dumb")
            }
        }
    }
}

/// What a label means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Style {
    /// Bold red.
    Error,
    /// Bold yellow.
    Warning,
    /// Bold cyan.
    Hint,
    /// Bold green.
    Good,
}

impl Style {
    /// `text` with the style's SGR codes (ECMA-48) around it.
    pub(in crate::cli) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::Error => 31,
            Self::Warning => 33,
            Self::Hint => 36,
            Self::Good => 32,
        };
        format!("\u{1b}[1;{code}m{text}\u{1b}[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_is_for_terminals_that_want_it() {
        let environment = |pairs: &[(&str, &str)]| -> Environment {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let cases = [
            (ColorChoice::Auto, true, environment(&[]), true),
            (ColorChoice::Auto, false, environment(&[]), false),
            (ColorChoice::Auto, true, environment(&[("NO_COLOR", "1")]), false),
            (ColorChoice::Auto, true, environment(&[("TERM", "dumb")]), false),
            (ColorChoice::Always, false, environment(&[("NO_COLOR", "1")]), true),
            (ColorChoice::Never, true, environment(&[]), false),
        ];
        for (choice, is_terminal, environment, expected) in cases {
            assert_eq!(choice.applies_to(is_terminal, &environment), expected, "{choice:?}");
        }
    }
}
