//! Errors as people read them.

use std::error::Error;

/// What an error says and why, outermost first, in one line. A cause that only repeats what passes it on is left out.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut last = text.clone();
    for cause in std::iter::successors(error.source(), |&error| error.source()) {
        let said = cause.to_string();
        if said != last {
            text.push_str(": ");
            text.push_str(&said);
        }
        last = said;
    }
    text
}

#[cfg(test)]
mod tests {
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("the disk is full")]
    struct Full;

    #[derive(Debug, Error)]
    enum Failed {
        #[error("cannot write")]
        Write(#[source] Full),
        #[error(transparent)]
        Passed(Full),
    }

    #[test]
    fn each_cause_is_said_once() {
        assert_eq!(with_causes(&Failed::Write(Full)), "cannot write: the disk is full");
        assert_eq!(with_causes(&Failed::Passed(Full)), "the disk is full");
    }
}
